package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Refusal;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of requests whose time is over before all of them is sent, on a simulated clock. */
class UploadDeadlineTest {
  private static final long MILLIS = 1_000_000L;

  private final Map<Long, String> outcomes = new TreeMap<>();
  private final SimulatedLink client =
      new SimulatedLink(ClientOptions.to("127.0.0.1", 7411, LoopbackTest.DIGEST, "test"));
  private final SimulatedLink.Line worker = client.lastLine();

  @AfterEach
  void close() {
    client.close();
  }

  private void send(long id, int bytes, long leftNanos) {
    Infer infer =
        new Infer(
            id, "", 2, "f32", ExitRule.NONE, leftNanos, 0, List.of(ByteBuffer.allocate(bytes)));
    client.link.send(infer, outcome -> outcomes.put(id, kind(outcome)), partial -> {});
    client.settle();
  }

  private static String kind(CloudOutcome outcome) {
    return outcome instanceof CloudOutcome.Refused refused
        ? refused.refusal().code().name()
        : outcome.getClass().getSimpleName();
  }

  @Test
  void neverSendsWhatIsPastItsDeadline() {
    worker.welcome(new Limits(4_096, 5_000, 1));
    send(1, 10, 0);
    send(2, 10, 100 * MILLIS);
    send(3, 10, 0);
    assertThat(worker.requests()).containsExactly(1L);
    client.pass(100 * MILLIS);
    assertThat(outcomes).as("in time to the last moment").isEmpty();
    client.pass(1);
    worker.say(new Refusal(1, ErrorCode.OVERLOADED, "later", 0));
    assertThat(outcomes).isEqualTo(Map.of(1L, "OVERLOADED", 2L, "DEADLINE_PASSED"));
    // Two requests went out in all, and the second of them is the one without a deadline.
    assertThat(worker.requests()).containsExactly(1L, 2L);
    worker.say(LoopbackTest.answer(2, new ReceiveStamps(0, 0)));
    assertThat(outcomes).containsEntry(3L, "Answered").hasSize(3);
  }

  @Test
  void stopsHalfWayThroughWhatFallsBehindItsDeadline() {
    worker.welcome(Limits.DEFAULT);
    send(1, 100_000, 100 * MILLIS);
    int sent = worker.dataOf(1);
    // No ping is answered, so the window closes after its first bytes.
    assertThat(sent).isBetween(RateMeter.MIN_CHUNK_BYTES, SendWindow.FIRST_BYTES + 1_024);
    client.pass(101 * MILLIS);
    worker.answerPings();
    assertThat(outcomes).isEqualTo(Map.of(1L, "DEADLINE_PASSED"));
    assertThat(worker.dataOf(1)).isEqualTo(sent);
    assertThat(worker.heard())
        .filteredOn(frame -> frame.type() == MessageType.CANCEL.wireId())
        .extracting(RawFrame::requestId)
        .containsExactly(1L);
  }
}

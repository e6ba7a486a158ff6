package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.message.Goodbye;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.Ping;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client of a worker that takes its leave as soon as it has said welcome, again and again. */
class DrainingWorkerTest {
  private static final long SECOND = 1_000_000_000L;

  private final Map<Long, CloudOutcome> outcomes = new TreeMap<>();
  private final SimulatedLink client =
      new SimulatedLink(
          ClientOptions.to("127.0.0.1", 7411, LoopbackTest.DIGEST, "test")
              .withPings(SECOND, 60 * SECOND, 600 * SECOND));

  @AfterEach
  void close() {
    client.close();
  }

  private void send(long id) {
    client.link.send(
        LoopbackTest.request(id, new byte[10]), o -> outcomes.put(id, o), partial -> {});
    client.settle();
  }

  @Test
  void losesTheOldestRequestsWhenItLeavesAgainAndAgain() {
    int kept = ClientLink.MAX_DRAINING;
    for (int i = 0; i < kept + 2; i++) {
      client.lastLine().welcome(Limits.DEFAULT);
      send(100 + i);
      assertThat(client.lastLine().requests()).containsExactly(1L);
      client.lastLine().say(new Goodbye("again", 1, 60 * SECOND));
      // More than any wait between attempts.
      client.pass(2 * SECOND);
      assertThat(client.lines).hasSize(i + 2);
    }
    assertThat(outcomes).containsOnlyKeys(100L, 101L);
    assertThat(outcomes.values()).allMatch(CloudOutcome.LinkLost.class::isInstance);
    assertThat(client.lines.stream().filter(line -> line.channel.isOpen())).hasSize(kept + 1);
    client.lines.get(2).say(LoopbackTest.answer(1, new ReceiveStamps(0, 0)));
    assertThat(outcomes.get(102L)).isInstanceOf(CloudOutcome.Answered.class);
    assertThat(outcomes).hasSize(3);
  }

  @Test
  void isCalledLessAndLessOften() {
    long end = client.nanoTime() + 60 * SECOND;
    int greeted = 0;
    while (client.nanoTime() < end) {
      if (client.lines.size() > greeted) {
        client.lastLine().welcome(Limits.DEFAULT);
        client.lastLine().say(new Goodbye("again", 0, 60 * SECOND));
        greeted++;
      }
      client.pass(10_000_000);
    }
    // One a second, but for the first ones; half as many or twice as many by chance.
    assertThat(client.lines.size()).isBetween(35, 130);
  }

  @Test
  void isCalledAtOnceAfterALongTimeOfWork() {
    for (int i = 0; i < 5; i++) {
      client.lastLine().welcome(Limits.DEFAULT);
      client.lastLine().say(new Goodbye("again", 0, SECOND));
      client.pass(2 * SECOND);
    }
    client.lastLine().welcome(Limits.DEFAULT);
    for (int i = 0; i < 12; i++) {
      client.pass(SECOND);
      client.lastLine().say(new Ping(i));
    }
    int lines = client.lines.size();
    client.lastLine().say(new Goodbye("deploy", 0, SECOND));
    client.pass(80_000_000);
    assertThat(client.lines).hasSize(lines + 1);
  }
}

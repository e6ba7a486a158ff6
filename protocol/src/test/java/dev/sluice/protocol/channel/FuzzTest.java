package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.fuzz.FuzzRun;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Refusal;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/**
 * Damaged sessions against both sides' real handlers: each ends in the defined error at the defined
 * scope, or goes on. See {@link FuzzRun} for what is looked at and how a case is run again.
 */
class FuzzTest {
  private static final int SILENT_STEPS = 30;
  private static final long SILENT_STEP_NANOS = 5_000_000_000L;

  @Test
  void aWorkerSurvivesDamagedSessions() {
    new FuzzRun("worker").run(FuzzRun.share(0.5), new FuzzedWorker()::run);
  }

  private static final class FuzzedWorker {
    long run(Random random, UnpooledByteBufAllocator allocator) throws Exception {
      Mutator mutator = new Mutator(random);
      List<RawFrame> frames = mutator.damage(Sessions.ofDevice(random), Sessions.ofDevice(random));
      Handler handler = new Handler(random);
      Set<ServerConnection> open = ConcurrentHashMap.newKeySet();
      FuzzedChannel fuzzed = new FuzzedChannel(random, allocator);
      ServerOptions options =
          ServerOptions.on("127.0.0.1", 0, "fuzzed")
              .withLimits(Sessions.LIMITS, 4)
              .withClock(fuzzed::nanoTime);
      new ServerConnection(1, options, handler, open).install(fuzzed.channel.pipeline());
      fuzzed.channel.pipeline().fireChannelActive();
      byte[] stream = RawFrame.join(frames);
      byte[] damaged = mutator.stream(stream);
      fuzzed.deliver(damaged, handler::step);
      for (int i = 0; i < SILENT_STEPS && fuzzed.channel.isOpen(); i++) {
        handler.step();
        fuzzed.pass(SILENT_STEP_NANOS);
      }
      assertThat(fuzzed.channel.isOpen()).as("open after a long silence").isFalse();
      List<RawFrame> written = RawFrame.split(fuzzed.finish());
      assertThat(open).isEmpty();
      handler.check(Sessions.read(written));
      if (damaged == stream) {
        checkReplies(Sessions.read(written), frames);
      }
      return frames.size();
    }
  }

  /** No request is told of more often than it was asked for, and the connection's end once. */
  private static void checkReplies(List<Message> written, List<RawFrame> thrown) {
    Map<Long, Integer> balance = new HashMap<>();
    balance.put(0L, 1);
    for (RawFrame frame : thrown) {
      if (frame.type() == MessageType.INFER.wireId()) {
        balance.merge(frame.requestId(), 1, Integer::sum);
      }
    }
    for (Message message : written) {
      if (message instanceof Answer || message instanceof Refusal) {
        balance.merge(message.requestId(), -1, Integer::sum);
      }
    }
    assertThat(balance).allSatisfy((id, left) -> assertThat(left).isNotNegative());
  }

  /** Answers, refuses, waits or forgets, now or later, sometimes twice. */
  private static final class Handler implements RequestHandler {
    private final Random random;
    private final List<Responder> waiting = new ArrayList<>();
    private final Set<Responder> all = new HashSet<>();
    private final Set<Responder> used = new HashSet<>();
    private final Set<Responder> cancelled = new HashSet<>();

    Handler(Random random) {
      this.random = random;
    }

    @Override
    public void onInfer(Infer request, ReceiveStamps stamps, Responder responder) {
      assertThat(request.payloadBytes()).isLessThanOrEqualTo(Sessions.LIMITS.maxPayloadBytes());
      assertThat(all.add(responder)).as("told once").isTrue();
      assertThat(all.size() - used.size() - cancelled.size())
          .as("under way")
          .isLessThanOrEqualTo(Sessions.LIMITS.maxInFlight());
      if (random.nextBoolean()) {
        use(responder);
      } else {
        waiting.add(responder);
      }
    }

    @Override
    public void onCancel(Responder responder) {
      assertThat(used).as("answered and then cancelled").doesNotContain(responder);
      assertThat(cancelled.add(responder)).as("cancelled once").isTrue();
      assertThat(responder.isCancelled()).isTrue();
    }

    private void use(Responder responder) {
      if (!cancelled.contains(responder)) {
        used.add(responder);
      }
      int times = random.nextInt(8) == 0 ? 2 : 1;
      for (int i = 0; i < times; i++) {
        if (random.nextInt(4) == 0) {
          responder.refuse(ErrorCode.OVERLOADED, "later", 5);
        } else {
          responder.answer(Sessions.answer(responder.requestId()));
        }
      }
    }

    void step() {
      if (!waiting.isEmpty() && random.nextBoolean()) {
        use(waiting.remove(random.nextInt(waiting.size())));
      }
    }

    void check(List<Message> written) {
      for (Responder responder : waiting) {
        assertThat(responder.isCancelled()).as("unanswered at the end").isTrue();
        assertThat(cancelled).contains(responder);
      }
      int answers = 0;
      for (Message message : written) {
        answers += message instanceof Answer ? 1 : 0;
      }
      assertThat(answers).isLessThanOrEqualTo(used.size());
    }
  }
}

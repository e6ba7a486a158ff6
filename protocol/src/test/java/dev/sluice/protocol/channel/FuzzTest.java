package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.fuzz.FuzzRun;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Refusal;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
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

  @Test
  void aDeviceSurvivesDamagedSessions() {
    new FuzzRun("device").run(FuzzRun.share(0.5), new FuzzedDevice()::run);
  }

  private static final class FuzzedWorker {
    long run(Random random, UnpooledByteBufAllocator allocator) throws Exception {
      Mutator mutator = new Mutator(random);
      List<RawFrame> frames = mutator.damage(Sessions.ofDevice(random), Sessions.ofDevice(random));
      Handler handler = new Handler(random);
      FuzzedChannel fuzzed = new FuzzedChannel(random, allocator);
      ServerOptions options =
          ServerOptions.on("127.0.0.1", 0, "fuzzed")
              .withLimits(Sessions.LIMITS, 4)
              .withClock(fuzzed::nanoTime);
      Connections open = new Connections(options.maxBytesInAll());
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
      assertThat(open.size()).as("connections").isZero();
      assertThat(open.bytes()).as("payload bytes held").isZero();
      handler.check(Sessions.read(written));
      if (damaged == stream) {
        checkReplies(Sessions.read(written), frames);
      }
      return frames.size();
    }
  }

  private static final class FuzzedDevice {
    private static final int MOST_REQUESTS = 5;

    long run(Random random, UnpooledByteBufAllocator allocator) throws Exception {
      int requests = 1 + random.nextInt(MOST_REQUESTS);
      Mutator mutator = new Mutator(random);
      List<RawFrame> frames =
          mutator.damage(Sessions.ofWorker(random, requests), Sessions.ofWorker(random, requests));
      FuzzedChannel fuzzed = new FuzzedChannel(random, allocator);
      Device device = new Device(random, fuzzed);
      device.link.start();
      fuzzed.pass(0);
      for (int i = 0; i < requests; i++) {
        device.send();
      }
      fuzzed.deliver(mutator.stream(RawFrame.join(frames)), device::step);
      for (int i = 0; i < SILENT_STEPS && fuzzed.channel.isOpen(); i++) {
        fuzzed.pass(SILENT_STEP_NANOS);
      }
      assertThat(fuzzed.channel.isOpen()).as("open after a long silence").isFalse();
      device.link.close();
      Sessions.read(RawFrame.split(fuzzed.finish()));
      assertThat(device.link.state()).isEqualTo(LinkState.DOWN);
      device.check();
      return frames.size();
    }
  }

  /** Sends, cancels and counts what comes of it; its first connection is the fuzzed one. */
  private static final class Device {
    private static final int MOST_PAYLOAD_BYTES = 2_000;

    final ClientLink link;
    private final Random random;
    private final Map<Long, Integer> outcomes = new HashMap<>();
    private boolean dialled;
    private long lastId;

    Device(Random random, FuzzedChannel fuzzed) {
      this.random = random;
      ClientOptions options =
          ClientOptions.to("127.0.0.1", 1, Sessions.DIGEST, "fuzz")
              .withChance(random, fuzzed::nanoTime);
      link =
          new ClientLink(
              options,
              ClientListener.NONE,
              fuzzed.channel.eventLoop(),
              Transport.NIO,
              new NameLookups(AddressResolver.SYSTEM, fuzzed.channel.eventLoop(), Runnable::run)) {
            @Override
            void dial(
                ClientConnection attempt,
                InetSocketAddress at,
                Runnable connected,
                Consumer<Throwable> failed) {
              if (!dialled) {
                dialled = true;
                attempt.install(fuzzed.channel.pipeline());
                fuzzed.channel.pipeline().fireChannelActive();
              }
            }
          };
    }

    void send() {
      long id = ++lastId;
      Infer infer =
          new Infer(
              id,
              Sessions.DIGEST,
              1,
              "f32",
              ExitRule.NONE,
              random.nextInt(4) == 0 ? 1 + random.nextInt(1_000_000_000) : 0,
              random.nextInt(3),
              List.of(ByteBuffer.allocate(random.nextInt(MOST_PAYLOAD_BYTES))));
      outcomes.put(id, 0);
      link.send(
          random.nextBoolean() ? infer : infer.withPartials(),
          outcome -> outcomes.merge(id, 1, Integer::sum),
          partial -> assertThat(outcomes).as("partial after the outcome").containsEntry(id, 0));
    }

    void step() {
      switch (random.nextInt(8)) {
        case 0 -> send();
        case 1 -> link.cancel(1 + random.nextInt((int) lastId));
        case 2 -> link.probe(1 + random.nextInt(3_000));
        default -> {}
      }
    }

    void check() {
      assertThat(outcomes).allSatisfy((id, count) -> assertThat(count).isEqualTo(1));
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
      if (random.nextInt(4) == 0) {
        responder.partial(
            new Partial(responder.requestId(), 0, List.of(new ClassScore(1, 0.25f)), 0.25));
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

package dev.sluice.protocol.channel;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.Arrival;
import dev.sluice.protocol.message.Cancel;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitOrder;
import dev.sluice.protocol.message.ExitProgress;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.ExitThreshold;
import dev.sluice.protocol.message.Features;
import dev.sluice.protocol.message.Goodbye;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.Load;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Pong;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.SendStamp;
import dev.sluice.protocol.message.Welcome;
import dev.sluice.protocol.message.WorkerStamps;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes what one side says in a session that follows the protocol. */
final class Sessions {
  static final String DIGEST = "ab";
  static final Limits LIMITS = new Limits(1024, 4096, 3);

  private static final int MOST_REQUESTS = 5;
  private static final int MOST_PAYLOAD_BYTES = 200;

  private final Random random;
  private final MessageFrames frames = new MessageFrames();
  private final ByteBuf out = Unpooled.buffer();

  private Sessions(Random random) {
    this.random = random;
    frames.shareDigests(List.of(DIGEST));
  }

  /** A request whose data is not all sent. */
  private record Unsent(long id, ByteBuffer payload) {}

  /** Returns what a device says: requests whose data interleave, pings, cancels, a goodbye. */
  static List<RawFrame> ofDevice(Random random) {
    Sessions session = new Sessions(random);
    session.add(
        new Hello(
            Handshake.VERSION,
            "fuzz",
            List.of(DIGEST, "cd"),
            random.nextBoolean() ? "" : "secret",
            List.of("f32"),
            random.nextBoolean() ? List.of() : List.of(Features.LOAD, Features.PARTIALS)));
    session.requests(1 + random.nextInt(MOST_REQUESTS));
    if (random.nextBoolean()) {
      session.add(new Goodbye("done", 0, random.nextBoolean() ? 0 : 1_000_000));
    }
    return RawFrame.split(session.out);
  }

  private void requests(int count) {
    List<Unsent> unsent = new ArrayList<>();
    long next = 1;
    while (next <= count || !unsent.isEmpty()) {
      int choice = random.nextInt(10);
      if (choice == 0) {
        add(new Ping(random.nextLong()));
      } else if (choice == 1) {
        add(new Pong(random.nextInt(3), random.nextLong(), load()));
      } else if (choice == 2 && next > 1) {
        long id = 1 + random.nextInt((int) next - 1);
        unsent.removeIf(u -> u.id() == id);
        add(new Cancel(id));
      } else if (next <= count && (unsent.isEmpty() || choice < 5)) {
        unsent.add(infer(next++));
      } else if (!unsent.isEmpty()) {
        Unsent part = unsent.get(random.nextInt(unsent.size()));
        data(part);
        if (!part.payload().hasRemaining()) {
          unsent.remove(part);
        }
      }
    }
  }

  private Unsent infer(long id) {
    byte[] payload = new byte[1 + random.nextInt(MOST_PAYLOAD_BYTES)];
    random.nextBytes(payload);
    int cut = random.nextInt(payload.length);
    Infer infer =
        new Infer(
            id,
            random.nextBoolean() ? DIGEST : "cd",
            1,
            "f32",
            rule(),
            random.nextBoolean() ? 0 : 1_000_000_000L,
            random.nextInt(256),
            List.of(
                ByteBuffer.wrap(payload, 0, cut).slice(),
                ByteBuffer.wrap(payload, cut, payload.length - cut).slice()));
    if (random.nextBoolean()) {
      infer = infer.withPartials();
    }
    SendStamp sent = random.nextBoolean() ? SendStamp.UNKNOWN : new SendStamp(5, 100);
    take(
        frames.writeInfer(
            UnpooledByteBufAllocator.DEFAULT,
            InferHeader.of(infer, id, infer.deadlineRemainingNanos(), sent)));
    return new Unsent(id, ByteBuffer.wrap(payload));
  }

  private ExitRule rule() {
    return switch (random.nextInt(3)) {
      case 0 -> ExitRule.NONE;
      case 1 ->
          new ExitRule(
              ExitRule.TOP1_PROBABILITY,
              List.of(new ExitThreshold(1, 0.5), new ExitThreshold(4, 0.25)));
      default ->
          ExitRule.listed(
              List.of(
                  new ExitOrder(1, ExitOrder.ENTROPY_NATS, List.of(0.3)),
                  new ExitOrder(2, ExitOrder.PATIENCE, List.of(2.0))),
              new ExitProgress(random.nextInt(5), 1));
    };
  }

  private void data(Unsent part) {
    int bytes = 1 + random.nextInt(part.payload().remaining());
    take(frames.writeData(UnpooledByteBufAllocator.DEFAULT, part.id(), part.payload(), bytes));
  }

  /**
   * Returns what a worker says: a welcome, answers and refusals in any order, partial answers,
   * loads, pings, a goodbye.
   *
   * @param requests ids of requests are 1 to this
   */
  static List<RawFrame> ofWorker(Random random, int requests) {
    Sessions session = new Sessions(random);
    session.add(
        new Welcome(
            Handshake.VERSION,
            "fuzz",
            LIMITS,
            session.load(),
            List.of(DIGEST),
            List.of("f32"),
            List.of(Features.LOAD, Features.PARTIALS)));
    int messages = 2 + random.nextInt(20);
    for (int i = 0; i < messages; i++) {
      session.add(session.fromWorker(1 + random.nextInt(requests + 1)));
    }
    if (random.nextBoolean()) {
      session.add(new Goodbye("worker stops", requests, random.nextBoolean() ? 0 : 1_000_000));
    }
    return RawFrame.split(session.out);
  }

  private Message fromWorker(long id) {
    return switch (random.nextInt(8)) {
      case 0 -> new Ping(random.nextInt(5));
      case 1, 2 -> new Pong(random.nextInt(8), random.nextInt(1_000_000), load());
      case 3 -> new Load(load());
      case 4 -> new Partial(id, 1, List.of(new ClassScore(2, 0.25f)), 0.25);
      case 5 ->
          new Refusal(
              random.nextInt(20) == 0 ? 0 : id,
              ErrorCode.values()[random.nextInt(ErrorCode.values().length)],
              "later",
              random.nextInt(1_000));
      default -> answer(id);
    };
  }

  /** Returns an answer. */
  static Answer answer(long id) {
    return new Answer(
        id,
        1,
        List.of(new ClassScore(3, 0.5f), new ClassScore(4, 0.25f)),
        0.5,
        new WorkerStamps(1, 2, 3, 4, 5),
        LoadReport.IDLE,
        new Arrival(100, 1_000));
  }

  private LoadReport load() {
    return new LoadReport(random.nextInt(9), random.nextFloat(), 0.5 + random.nextFloat());
  }

  private void add(Message message) {
    take(frames.write(UnpooledByteBufAllocator.DEFAULT, message));
  }

  private void take(ByteBuf frame) {
    out.writeBytes(frame);
    frame.release();
  }

  /** Reads what a side wrote, so that nothing malformed leaves it. Returns the messages. */
  static List<Message> read(List<RawFrame> written) throws Exception {
    MessageFrames reader = new MessageFrames();
    reader.shareDigests(List.of(DIGEST));
    List<Message> messages = new ArrayList<>();
    for (RawFrame raw : written) {
      if (raw.type() == FrameType.DATA) {
        continue;
      }
      var type = FrameType.message(raw.type()).orElseThrow();
      Frame frame =
          new Frame(raw.type(), raw.requestId(), Unpooled.wrappedBuffer(raw.body()), 0, 0);
      if (type == dev.sluice.protocol.message.MessageType.INFER) {
        reader.readInfer(frame);
      } else {
        messages.add(reader.read(type, frame));
      }
    }
    return messages;
  }
}

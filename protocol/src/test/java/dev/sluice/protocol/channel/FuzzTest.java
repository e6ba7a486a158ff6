package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameDecoder;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.Cancel;
import dev.sluice.protocol.message.ClassScore;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.ExitThreshold;
import dev.sluice.protocol.message.Goodbye;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Pong;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.SendStamp;
import dev.sluice.protocol.message.Welcome;
import dev.sluice.protocol.message.WorkerStamps;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged streams against the real handlers: they may refuse, never throw anything else, keep a
 * buffer or grow.
 */
class FuzzTest {
  private static final int STREAMS_PER_SEED = 2_500;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);

  private byte[] conversation(Random random) {
    MessageFrames frames = new MessageFrames();
    frames.shareDigests(List.of("ab"));
    ByteBuf out = allocator.buffer();
    append(out, frames.write(allocator, new Hello(2, "fuzz", "ab")));
    for (long id = 1; id <= 3; id++) {
      byte[] payload = new byte[random.nextInt(60)];
      Infer infer =
          new Infer(
              id,
              random.nextBoolean() ? "ab" : "cd",
              1,
              "q8",
              new ExitRule(1, List.of(new ExitThreshold(1, 0.5))),
              5,
              0,
              List.of(ByteBuffer.wrap(payload)));
      append(out, frames.writeInfer(allocator, InferHeader.of(infer, id, 5, SendStamp.UNKNOWN)));
      ByteBuffer left = ByteBuffer.wrap(payload);
      while (left.hasRemaining()) {
        int bytes = 1 + random.nextInt(left.remaining());
        append(out, frames.writeData(allocator, id, left, bytes));
        append(out, frames.write(allocator, new Ping(random.nextLong())));
      }
      append(out, frames.write(allocator, new Cancel(1 + random.nextInt((int) id))));
    }
    append(out, frames.write(allocator, new Goodbye("done")));
    byte[] bytes = ByteBufUtil.getBytes(out);
    out.release();
    return bytes;
  }

  private static void append(ByteBuf out, ByteBuf frame) {
    out.writeBytes(frame);
    frame.release();
  }

  private static byte[] damage(byte[] stream, Random random) {
    byte[] damaged = stream.clone();
    int kind = random.nextInt(4);
    if (kind == 0) {
      int cut = random.nextInt(damaged.length);
      return java.util.Arrays.copyOf(damaged, cut);
    }
    if (kind == 1) {
      int from = random.nextInt(damaged.length);
      int to = random.nextInt(damaged.length);
      int length = Math.min(random.nextInt(40), damaged.length - Math.max(from, to));
      System.arraycopy(damaged, from, damaged, to, length);
      return damaged;
    }
    int flips = 1 + random.nextInt(4);
    for (int i = 0; i < flips; i++) {
      int at = random.nextInt(damaged.length);
      damaged[at] =
          kind == 2
              ? (byte) (damaged[at] ^ (1 << random.nextInt(8)))
              : (byte) new int[] {0, 0xFF, 0x7F, 0x80, random.nextInt(256)}[random.nextInt(5)];
    }
    return damaged;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void aWorkerSurvivesDamagedStreams(long seed) {
    Random random = new Random(seed);
    ServerOptions options =
        ServerOptions.on("127.0.0.1", 0, "fuzzed").withLimits(new Limits(1024, 4096, 2), 4);
    for (int i = 0; i < STREAMS_PER_SEED; i++) {
      byte[] stream = damage(conversation(random), random);
      Connections open = new Connections(options.maxBytesInAll());
      RequestHandler handler =
          (request, stamps, responder) -> {
            assertThat(request.payloadBytes()).isLessThanOrEqualTo(4096);
            if (random.nextBoolean()) {
              responder.answer(answer(request.requestId()));
            }
          };
      ServerConnection connection = new ServerConnection(1, options, handler, open);
      EmbeddedChannel channel =
          new EmbeddedChannel(
              new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel fresh) {
                  fresh.config().setAllocator(allocator);
                  connection.install(fresh.pipeline());
                }
              });
      try {
        int at = 0;
        while (at < stream.length && channel.isOpen()) {
          int bytes = Math.min(1 + random.nextInt(stream.length), stream.length - at);
          channel.writeInbound(allocator.buffer(bytes).writeBytes(stream, at, bytes));
          channel.runPendingTasks();
          at += bytes;
        }
        channel.checkException();
      } catch (Throwable thrown) {
        fail("seed " + seed + ", stream " + i, thrown);
      }
      channel.finishAndReleaseAll();
      assertThat(open.size()).as("seed %d, stream %d", seed, i).isZero();
      assertThat(open.bytes()).as("bytes held after seed %d, stream %d", seed, i).isZero();
      assertThat(used()).as("bytes kept after seed %d, stream %d", seed, i).isZero();
    }
  }

  private long used() {
    return allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
  }

  private static Answer answer(long id) {
    return new Answer(
        id,
        1,
        List.of(new ClassScore(3, 0.5f)),
        0.5,
        new WorkerStamps(1, 2, 3, 4, 5),
        LoadReport.IDLE);
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 6, 7, 8})
  void aDeviceReadsDamagedMessagesOrRefusesThem(long seed) {
    Random random = new Random(seed);
    List<Message> messages =
        List.of(
            new Welcome(2, "w", Limits.DEFAULT, LoadReport.IDLE),
            answer(5),
            new Refusal(5, ErrorCode.OVERLOADED, "later", 9),
            new Pong(4, 5, LoadReport.IDLE),
            new Goodbye("bye"));
    for (int i = 0; i < STREAMS_PER_SEED; i++) {
      MessageFrames frames = new MessageFrames();
      ByteBuf out = allocator.buffer();
      for (int k = 0; k < 4; k++) {
        append(out, frames.write(allocator, messages.get(random.nextInt(messages.size()))));
      }
      byte[] stream = damage(ByteBufUtil.getBytes(out), random);
      out.release();
      EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(() -> 0, 0));
      try {
        channel.writeInbound(allocator.buffer(Math.max(1, stream.length)).writeBytes(stream));
      } catch (DecoderException refused) {
        assertThat(refused).hasCauseInstanceOf(ProtocolException.class);
      }
      Frame frame = channel.readInbound();
      while (frame != null) {
        MessageType type = FrameType.message(frame.type()).orElse(MessageType.PING);
        try {
          if (type == MessageType.INFER) {
            frames.readInfer(frame);
          } else {
            frames.read(type, frame);
          }
        } catch (ProtocolException refused) {
          assertThat(refused.scope()).isEqualTo(ProtocolException.Scope.CONNECTION);
        } catch (RuntimeException thrown) {
          fail("seed " + seed + ", stream " + i, thrown);
        }
        frame.body().release();
        frame = channel.readInbound();
      }
      channel.finishAndReleaseAll();
      assertThat(used()).as("bytes kept after seed %d, stream %d", seed, i).isZero();
    }
  }
}

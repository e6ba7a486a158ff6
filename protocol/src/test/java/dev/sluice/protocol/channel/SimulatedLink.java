package dev.sluice.protocol.channel;

import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Pong;
import dev.sluice.protocol.message.Welcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A client's link without sockets, on a clock that stands until it is moved. The test is the worker
 * at the other end of each connection that it opens.
 */
final class SimulatedLink implements AutoCloseable {
  private static final long STEP_NANOS = 5_000_000;

  final LoopbackTest.Events events = new LoopbackTest.Events();
  final List<Line> lines = new ArrayList<>();

  /** What was dialled, in order. */
  final List<InetAddress> dialled = new ArrayList<>();

  /** Why addresses take no connection; others do. */
  private final Map<InetAddress, ConnectException> refusing;

  final ClientLink link;
  private final EmbeddedChannel home = new EmbeddedChannel();
  private long nowNanos = 1_000_000_000L;

  SimulatedLink(
      ClientOptions options,
      AddressResolver resolver,
      Map<InetAddress, ConnectException> refusing) {
    this.refusing = refusing;
    home.freezeTime();
    link =
        new ClientLink(
            options.withChance(new Random(5), this::nanoTime),
            events,
            home.eventLoop(),
            Transport.NIO,
            new NameLookups(resolver, home.eventLoop(), Runnable::run)) {
          @Override
          void dial(
              ClientConnection attempt,
              InetSocketAddress at,
              Runnable connected,
              Consumer<Throwable> failed) {
            dialled.add(at.getAddress());
            ConnectException refusal = SimulatedLink.this.refusing.get(at.getAddress());
            if (refusal != null) {
              failed.accept(refusal);
              return;
            }
            connected.run();
            lines.add(new Line(attempt));
          }
        };
    link.start();
    pass(0);
  }

  SimulatedLink(ClientOptions options, AddressResolver resolver) {
    this(options, resolver, Map.of());
  }

  SimulatedLink(ClientOptions options) {
    this(options, AddressResolver.SYSTEM);
  }

  long nanoTime() {
    return nowNanos;
  }

  Line lastLine() {
    return lines.get(lines.size() - 1);
  }

  /** Runs what is due now. */
  void settle() {
    pass(0);
  }

  /** Lets time pass, for all connections alike. */
  void pass(long nanos) {
    for (long left = nanos; left >= 0; left -= STEP_NANOS) {
      long step = Math.min(left, STEP_NANOS);
      nowNanos += step;
      for (Line line : List.copyOf(lines)) {
        advance(line.channel, step);
      }
      advance(home, step);
    }
  }

  private static void advance(EmbeddedChannel channel, long nanos) {
    channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
    channel.runPendingTasks();
  }

  @Override
  public void close() {
    link.close();
    lines.forEach(line -> line.channel.finishAndReleaseAll());
    home.finishAndReleaseAll();
  }

  /** One connection, as its worker sees it. */
  final class Line {
    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    final EmbeddedChannel channel = new EmbeddedChannel();
    final MessageFrames frames = new MessageFrames();
    private final ByteBuf written = Unpooled.buffer();

    private Line(ClientConnection attempt) {
      channel.config().setAllocator(allocator);
      channel.freezeTime();
      attempt.install(channel.pipeline());
      channel.pipeline().fireChannelActive();
    }

    void say(Message message) {
      say(frames.write(allocator, message));
    }

    void say(byte... bytes) {
      say(allocator.buffer(bytes.length).writeBytes(bytes));
    }

    private void say(ByteBuf bytes) {
      channel.writeInbound(bytes);
      settle();
    }

    /** Returns the bytes of buffers that nobody has released. */
    long heldBytes() {
      return allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
    }

    /** Returns how many bytes the device has written so far. */
    int heardBytes() {
      heard();
      return written.readableBytes();
    }

    void welcome(Limits limits) {
      say(new Welcome(2, "simulated", limits, LoadReport.IDLE));
    }

    /** Answers all pings that have come so far. */
    void answerPings() {
      for (RawFrame frame : heard()) {
        if (frame.type() == MessageType.PING.wireId()) {
          long token = Unpooled.wrappedBuffer(frame.body()).getLongLE(2);
          say(new Pong(token, nowNanos, LoadReport.IDLE));
        }
      }
    }

    /** Returns all frames that the device has written so far. */
    List<RawFrame> heard() {
      for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
        written.writeBytes(out);
        out.release();
      }
      return RawFrame.split(written.duplicate());
    }

    /** Returns the numbers of the requests that were begun here. */
    List<Long> requests() {
      return heard().stream()
          .filter(frame -> frame.type() == MessageType.INFER.wireId())
          .map(RawFrame::requestId)
          .toList();
    }

    /** Returns how many bytes of a request's data were written here. */
    int dataOf(long requestId) {
      return heard().stream()
          .filter(frame -> frame.type() == FrameType.DATA && frame.requestId() == requestId)
          .mapToInt(frame -> frame.body().length)
          .sum();
    }
  }
}

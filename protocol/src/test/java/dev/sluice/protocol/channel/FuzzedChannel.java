package dev.sluice.protocol.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A channel without a socket, with time that passes when it is told to. */
final class FuzzedChannel {
  private static final int MOST_PIECES = 12;
  private static final long LONGEST_PAUSE_NANOS = 400_000_000L;

  final EmbeddedChannel channel = new EmbeddedChannel();
  private final Random random;
  private final UnpooledByteBufAllocator allocator;
  private final ByteBuf written = Unpooled.buffer();
  private long nowNanos = 1_000;

  FuzzedChannel(Random random, UnpooledByteBufAllocator allocator) {
    this.random = random;
    this.allocator = allocator;
    channel.config().setAllocator(allocator);
    channel.freezeTime();
  }

  long nanoTime() {
    return nowNanos;
  }

  /** Lets time pass; what is due is run. */
  void pass(long nanos) {
    nowNanos += nanos;
    channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
    channel.runPendingTasks();
    collect();
  }

  /** Delivers bytes in pieces, with a step of the test's between them. */
  void deliver(byte[] stream, Runnable between) {
    int pieces = 1 + random.nextInt(MOST_PIECES);
    int most = random.nextInt(8) == 0 ? 3 : Math.max(1, 2 * stream.length / pieces);
    int at = 0;
    while (at < stream.length) {
      int bytes = Math.min(1 + random.nextInt(most), stream.length - at);
      // What comes after the end is not read by a socket either.
      if (channel.isOpen()) {
        channel.writeInbound(allocator.buffer(bytes).writeBytes(stream, at, bytes));
      }
      at += bytes;
      if (random.nextInt(4) == 0) {
        pass(random.nextLong(LONGEST_PAUSE_NANOS));
      }
      channel.runPendingTasks();
      collect();
      between.run();
    }
    channel.checkException();
  }

  private void collect() {
    ByteBuf out = channel.readOutbound();
    while (out != null) {
      written.writeBytes(out);
      out.release();
      out = channel.readOutbound();
    }
  }

  /** Ends the connection and returns all that was written to it. */
  ByteBuf finish() {
    channel.runPendingTasks();
    collect();
    channel.finishAndReleaseAll();
    channel.runPendingTasks();
    channel.checkException();
    return written;
  }
}

package dev.sluice.sim.link;

import dev.sluice.sim.link.LinkModel.Flow;
import dev.sluice.sim.link.LinkModel.Packet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a proxied connection: packets that wait for their turn, and packets that have
 * left and not arrived. The end of the stream is a packet without bytes, so it comes last and takes
 * its time. Owns the buffers in it. Confined to the event loop.
 */
// What a write or close comes to shows as an event on the channel.
@SuppressWarnings("FutureReturnValueIgnored")
final class Pipe {
  private final Flow flow;
  private final LinkOptions options;
  private final LongSupplier clock;
  private final Runnable pump;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private final Queue<UnderWay> underWay = new ArrayDeque<>();
  private @Nullable Channel source;
  private @Nullable Channel target;
  private int waitingBytes;
  private boolean finished;
  private boolean ended;
  private boolean broken;
  private boolean blocked;
  private long unblockedNanos;
  private int deliveredBytes;
  private long worstLatenessNanos;

  private record Waiting(ByteBuf bytes, long readyNanos) {}

  private record UnderWay(ByteBuf bytes, long arrivesNanos) {}

  /**
   * Makes an empty pipe.
   *
   * @param pump called when something outside of the pump's own steps calls for a run of it
   */
  Pipe(Flow flow, LinkOptions options, LongSupplier clock, Runnable pump) {
    this.flow = flow;
    this.options = options;
    this.clock = clock;
    this.pump = pump;
  }

  /** Names the channel that is read from. */
  void from(Channel channel) {
    source = channel;
  }

  /** Names the channel that is written to; until then nothing leaves. */
  void to(Channel channel) {
    target = channel;
    unblockedNanos = clock.getAsLong();
  }

  /** Takes bytes that the source sent; the pipe owns them from here. */
  void received(ByteBuf bytes) {
    try {
      if (broken || finished) {
        return;
      }
      long now = clock.getAsLong();
      while (bytes.isReadable()) {
        int size = Math.min(bytes.readableBytes(), options.segmentBytes());
        waiting.add(new Waiting(bytes.readRetainedSlice(size), now));
        waitingBytes += size;
      }
    } finally {
      bytes.release();
    }
  }

  /** Notes that the source sends no more: the end follows the bytes before it. */
  void finish() {
    if (!finished) {
      finished = true;
      waiting.add(new Waiting(Unpooled.EMPTY_BUFFER, clock.getAsLong()));
    }
  }

  /** Notes that there is nobody to deliver to. */
  void broken() {
    broken = true;
    release();
  }

  /** Returns when the next packet would start, or {@link Timeline#NEVER}. */
  long nextStartNanos() {
    Waiting next = waiting.peek();
    Channel to = target;
    if (next == null || to == null || broken) {
      return Timeline.NEVER;
    }
    if (!to.isWritable()) {
      blocked = true;
      return Timeline.NEVER;
    }
    if (blocked) {
      blocked = false;
      unblockedNanos = clock.getAsLong();
    }
    return flow.startNanos(next.bytes.readableBytes(), readyNanos(next));
  }

  /** Returns since when the next packet waits, or {@link Timeline#NEVER}. */
  long nextReadyNanos() {
    Waiting next = waiting.peek();
    return next == null ? Timeline.NEVER : next.readyNanos;
  }

  /** Starts the next packet; there must be one. */
  void commitNext() {
    Waiting next = waiting.remove();
    int size = next.bytes.readableBytes();
    waitingBytes -= size;
    Packet packet = flow.send(size, readyNanos(next));
    underWay.add(new UnderWay(next.bytes, packet.arrivesNanos()));
  }

  /** Hands over what has arrived; returns when the next packet arrives. */
  long deliver(long now) {
    Channel to = target;
    if (to == null || broken) {
      return Timeline.NEVER;
    }
    boolean wrote = false;
    UnderWay next = underWay.peek();
    while (next != null && next.arrivesNanos <= now) {
      underWay.remove();
      worstLatenessNanos = Math.max(worstLatenessNanos, now - next.arrivesNanos);
      int size = next.bytes.readableBytes();
      if (size == 0) {
        end(to);
      } else {
        deliveredBytes += size;
        to.write(next.bytes);
        wrote = true;
      }
      next = underWay.peek();
    }
    if (wrote) {
      to.flush();
    }
    return next == null ? Timeline.NEVER : next.arrivesNanos;
  }

  /**
   * Shuts the target's input side, but not before all that was written has left: it would be lost.
   */
  private void end(Channel to) {
    to.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            written -> {
              ended = true;
              if (to instanceof DuplexChannel duplex && duplex.isActive()) {
                duplex.shutdownOutput();
              }
              pump.run();
            });
  }

  /** Reads from the source while there is room. */
  void regulate(long now) {
    Channel from = source;
    if (from == null) {
      return;
    }
    boolean room = !broken && !finished && waitingBytes < options.queueBytes(flow.rateAt(now));
    if (from.config().isAutoRead() != room) {
      from.config().setAutoRead(room);
    }
  }

  int takeDeliveredBytes() {
    int delivered = deliveredBytes;
    deliveredBytes = 0;
    return delivered;
  }

  long worstLatenessNanos() {
    return worstLatenessNanos;
  }

  /** Returns whether nothing can come through any more. */
  boolean over() {
    return ended || broken;
  }

  /** Closes both ends and drops what is in the pipe. */
  void abort() {
    broken();
    if (source != null) {
      source.close();
    }
    if (target != null) {
      target.close();
    }
  }

  private long readyNanos(Waiting packet) {
    return Math.max(packet.readyNanos, unblockedNanos);
  }

  private void release() {
    waiting.forEach(packet -> packet.bytes.release());
    waiting.clear();
    waitingBytes = 0;
    underWay.forEach(packet -> packet.bytes.release());
    underWay.clear();
  }
}

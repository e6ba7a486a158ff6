package dev.sluice.sim.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
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
  /** Reading goes on when this share of the room is free again: every switch is a system call. */
  private static final double FREE_AGAIN = 0.125;

  /**
   * So late may a packet be that others of the same sending follow at once: handing over each by
   * itself costs a wake-up of two threads. The first and the last of a sending are not held up.
   */
  static final long MERGED_NANOS = 2_000_000;

  private static final double ARRIVED_SECONDS = 0.1;
  private static final int MOST_ARRIVED_BYTES = 32 << 20;

  private final Flow flow;
  private final LinkModel link;
  private final LongSupplier clock;
  private final Runnable pump;

  /** The bytes themselves, as they were read: those under way first, then those that wait. */
  private final Queue<ByteBuf> content = new ArrayDeque<>();

  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private final Queue<Segment> underWay = new ArrayDeque<>();
  private @Nullable Channel source;
  private @Nullable Channel target;
  private int waitingBytes;
  private int arrivedBytes = Sockets.ARRIVED_BYTES;
  private boolean finished;
  private boolean ended;
  private boolean broken;
  private boolean silent;
  private boolean blocked;
  private boolean reading = true;
  private boolean flushDue;
  private boolean endDue;
  private boolean paused = true;
  private long unblockedNanos;
  private long lastArrivalNanos;
  private int deliveredBytes;
  private long worstLatenessNanos;

  /** What came in one read and has not started. */
  private static final class Waiting {
    private final long readyNanos;
    private int bytes;

    Waiting(int bytes, long readyNanos) {
      this.bytes = bytes;
      this.readyNanos = readyNanos;
    }
  }

  /**
   * Makes an empty pipe.
   *
   * @param pump called when something outside of the pump's own steps calls for a run of it
   */
  Pipe(Flow flow, LinkModel link, LongSupplier clock, Runnable pump) {
    this.flow = flow;
    this.link = link;
    this.clock = clock;
    this.pump = pump;
  }

  /** Names the channel that is read from. */
  void from(Channel channel) {
    source = channel;
    channel.config().setRecvByteBufAllocator(new RoomAllocator(this::roomBytes));
  }

  /** Names the channel that is written to; until then nothing leaves. */
  void to(Channel channel) {
    target = channel;
    unblockedNanos = clock.getAsLong();
  }

  /** Takes bytes that the source sent; the pipe owns them from here. */
  void received(ByteBuf bytes) {
    int size = bytes.readableBytes();
    if (broken || finished || silent || size == 0) {
      bytes.release();
      return;
    }
    content.add(bytes);
    waiting.add(new Waiting(size, clock.getAsLong()));
    waitingBytes += size;
  }

  /** Notes that the source sends no more: the end follows the bytes before it. */
  void finish() {
    if (!finished) {
      finished = true;
      waiting.add(new Waiting(0, clock.getAsLong()));
    }
  }

  /** Notes that there is nobody to deliver to. */
  void broken() {
    broken = true;
    release();
  }

  /** Lets nothing pass from now on, and drops what is in the pipe, as if an end had vanished. */
  void silence() {
    silent = true;
    release();
  }

  boolean silent() {
    return silent;
  }

  /** Returns when the next packet would start, or {@link Timeline#NEVER}. */
  long nextStartNanos(long now) {
    Channel to = target;
    if (to == null || broken || silent) {
      return Timeline.NEVER;
    }
    if (!to.isWritable()) {
      blocked = true;
      return Timeline.NEVER;
    }
    if (blocked) {
      blocked = false;
      unblockedNanos = now;
    }
    Waiting next = waiting.peek();
    return next == null
        ? flow.nextNanos(-1, 0, now)
        : flow.nextNanos(packetBytes(next), readyNanos(next), now);
  }

  /** Returns since when the next packet waits, or {@link Timeline#NEVER}. */
  long nextReadyNanos() {
    Waiting next = waiting.peek();
    return next == null ? Timeline.NEVER : next.readyNanos;
  }

  /** Starts the next packet, of which {@link #nextStartNanos} has told. */
  void commitNext(long startNanos) {
    Waiting next = waiting.peek();
    int size = next == null ? -1 : packetBytes(next);
    Segment fresh = flow.send(size, startNanos);
    if (fresh != null && next != null) {
      underWay.add(fresh);
      next.bytes -= size;
      waitingBytes -= size;
      if (next.bytes == 0) {
        waiting.remove();
      }
      Waiting after = waiting.peek();
      boolean pauses = after == null || after.readyNanos > startNanos;
      fresh.edge = paused || pauses;
      paused = pauses;
    }
  }

  /** Hands over what has arrived, to be seen after {@link #flush}; returns when to do so again. */
  long deliver(long now) {
    Channel to = target;
    if (to == null || broken || silent) {
      return Timeline.NEVER;
    }
    long due = dueNanos();
    if (due > now) {
      return due;
    }
    int arrived = 0;
    Segment next = underWay.peek();
    while (next != null && next.reachesNanos <= now) {
      underWay.remove();
      lastArrivalNanos = Math.max(lastArrivalNanos, next.reachesNanos);
      long late = now - lastArrivalNanos - (next.edge ? 0 : MERGED_NANOS);
      worstLatenessNanos = Math.max(worstLatenessNanos, late);
      arrived += next.bytes;
      endDue |= next.bytes == 0;
      next = underWay.peek();
    }
    if (arrived > 0) {
      deliveredBytes += arrived;
      write(to, arrived);
      flushDue = true;
    }
    return dueNanos();
  }

  /** When what arrives next is to be handed over: the first and the last of a sending in time. */
  private long dueNanos() {
    Segment first = underWay.peek();
    if (first == null) {
      return Timeline.NEVER;
    }
    long merged = Timeline.plus(first.reachesNanos, MERGED_NANOS);
    for (Segment segment : underWay) {
      if (segment.reachesNanos > merged) {
        break;
      }
      if (segment.edge) {
        return segment.reachesNanos;
      }
    }
    return merged;
  }

  private void write(Channel to, int bytes) {
    int left = bytes;
    while (left > 0) {
      ByteBuf first = content.element();
      int readable = first.readableBytes();
      if (readable <= left) {
        to.write(content.remove());
        left -= readable;
      } else {
        to.write(first.readRetainedSlice(left));
        left = 0;
      }
    }
  }

  /** Lets the target see what was handed over. */
  void flush() {
    Channel to = target;
    if (to == null) {
      return;
    }
    if (flushDue) {
      flushDue = false;
      to.flush();
    }
    if (endDue) {
      endDue = false;
      end(to);
    }
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
    makeRoom(now);
    Channel from = source;
    if (from == null) {
      return;
    }
    int most = link.options().queueBytes(flow.rateAt(now));
    int bound = reading ? most : most - (int) (most * FREE_AGAIN);
    /* What is read in silence is dropped; who does not read does not see the source leave. */
    reading = !finished && (silent || (!broken && waitingBytes < bound));
    if (from.config().isAutoRead() != reading) {
      from.config().setAutoRead(reading);
    }
  }

  /**
   * What has arrived may wait for its reader, as in a receive buffer. Where that is full the link
   * stands still, so it must hold what arrives while this machine is busy elsewhere.
   */
  private void makeRoom(long now) {
    Channel to = target;
    int wanted = (int) Math.min(MOST_ARRIVED_BYTES, flow.rateAt(now) * ARRIVED_SECONDS);
    if (to != null && wanted > arrivedBytes) {
      arrivedBytes = wanted;
      to.config().setWriteBufferWaterMark(new WriteBufferWaterMark(wanted / 4, wanted));
    }
  }

  private int roomBytes() {
    return link.options().queueBytes(flow.rateAt(clock.getAsLong())) - waitingBytes;
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

  private int packetBytes(Waiting packet) {
    return Math.min(packet.bytes, link.options().tcp().segmentBytes());
  }

  private long readyNanos(Waiting packet) {
    return Math.max(packet.readyNanos, unblockedNanos);
  }

  private void release() {
    content.forEach(ByteBuf::release);
    content.clear();
    waiting.clear();
    waitingBytes = 0;
    underWay.clear();
  }
}

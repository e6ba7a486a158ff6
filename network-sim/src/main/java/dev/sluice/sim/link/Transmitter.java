package dev.sluice.sim.link;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;

/**
 * Sends one packet after the other at the rate of the trace: the integral of the rate from when a
 * packet starts to when it has left is its size. One for each direction of a link, shared by its
 * connections. Time is kept to fractions of a nanosecond while packets follow each other, so that
 * rounding does not add up. Not thread-safe.
 */
final class Transmitter {
  private final Timeline timeline;
  private final Direction direction;
  private final LossProcess losses;

  /** What has not left by the last time asked about. */
  private final Queue<Segment> waiting = new ArrayDeque<>();

  /** What is not acknowledged by then, and what is lost and not known to be. */
  private final Queue<Segment> underWay = new ArrayDeque<>();

  private final Set<Segment> lost = new LinkedHashSet<>();
  private long turns;
  private long waitingBytes;
  private long freeNanos;
  private double freeFraction;
  private long lastLeftNanos;

  Transmitter(Timeline timeline, Direction direction, LossProcess losses) {
    this.timeline = timeline;
    this.direction = direction;
    this.losses = losses;
  }

  LossProcess losses() {
    return losses;
  }

  /** Returns whether a packet that was handed over at its time of entry gets lost on the way. */
  boolean loses(Segment segment, int fullBytes) {
    double idleNanos = Math.max(0, segment.enteredNanos - lastLeftNanos);
    double packets =
        idleNanos * 1e-9 * timeline.rateAt(direction, segment.enteredNanos) / fullBytes;
    lastLeftNanos = segment.departsNanos;
    return losses.next(1 + packets);
  }

  /** Returns when the last packet has left, or 0. */
  long freeNanos() {
    return freeFraction > 0 ? Timeline.plus(freeNanos, 1) : freeNanos;
  }

  /** Returns when a packet that is ready then would start, or {@link Timeline#NEVER}. */
  long startNanos(long readyNanos) {
    return timeline.serviceNanos(direction, Math.max(readyNanos, freeNanos));
  }

  /** Returns the bytes of packets that were handed over and have not left; time never goes back. */
  long waitingBytes(long nowNanos) {
    for (Segment first = waiting.peek();
        first != null && first.departsNanos <= nowNanos;
        first = waiting.peek()) {
      waitingBytes -= first.bytes;
      waiting.remove();
    }
    return waitingBytes;
  }

  /**
   * Sends a packet that was handed over at its time of entry, and notes when it has left: for one
   * that found no room, when all before it have.
   */
  void transmit(Segment segment) {
    segment.turn = turns++;
    if (!segment.queued) {
      segment.departsNanos = freeNanos();
      return;
    }
    segment.departsNanos = transmit(segment.bytes, segment.enteredNanos);
    waitingBytes(segment.enteredNanos);
    waiting.add(segment);
    waitingBytes += segment.bytes;
  }

  /** Notes a packet that is not lost: its times can change until its sender knows of it. */
  void underWay(Segment segment) {
    for (Segment first = underWay.peek();
        first != null && first.acknowledgedNanos <= segment.enteredNanos;
        first = underWay.peek()) {
      underWay.remove();
    }
    underWay.add(segment);
  }

  /** Notes a packet that is lost: when its sender finds out can change as well. */
  void lost(Segment segment) {
    lost.add(segment);
  }

  /** Notes that the sender has found out. */
  void found(Segment segment) {
    lost.remove(segment);
  }

  /**
   * Takes up a change of the link: what has not left is sent anew, the packet in service from its
   * beginning; what has left and not arrived is held while there is an outage, and so is the news
   * of what has arrived.
   */
  void change(long nowNanos) {
    if (freeNanos > nowNanos) {
      freeNanos = nowNanos;
      freeFraction = 0;
    }
    underWay.removeIf(segment -> segment.acknowledgedNanos <= nowNanos);
    List<Segment> all = new ArrayList<>(underWay);
    all.addAll(lost);
    all.sort(Comparator.comparingLong(segment -> segment.turn));
    Set<Flow> flows = new LinkedHashSet<>();
    all.forEach(segment -> flows.add(segment.flow));
    flows.forEach(flow -> flow.forgetTimes(nowNanos));
    for (Segment segment : all) {
      boolean leaves = segment.departsNanos > nowNanos;
      if (leaves) {
        segment.departsNanos =
            segment.queued
                ? transmit(segment.bytes, Math.max(nowNanos, segment.enteredNanos))
                : freeNanos();
      }
      segment.flow.renew(segment, leaves, nowNanos);
    }
    flows.forEach(Flow::renewLosses);
  }

  /**
   * Sends bytes.
   *
   * @param bytes at least 0
   * @param readyNanos when they can start at the earliest
   * @return when the last has left, or {@link Timeline#NEVER}
   */
  private long transmit(int bytes, long readyNanos) {
    if (readyNanos > freeNanos) {
      freeNanos = readyNanos;
      freeFraction = 0;
    }
    double left = bytes;
    while (freeNanos != Timeline.NEVER) {
      double bytesPerNano = timeline.rateAt(direction, freeNanos) * 1e-9;
      long change = timeline.nextChangeNanos(freeNanos);
      if (bytesPerNano > 0) {
        double end = freeFraction + left / bytesPerNano;
        double until = change == Timeline.NEVER ? Double.MAX_VALUE : change - freeNanos;
        if (end <= until) {
          long whole = (long) end;
          freeNanos = Timeline.plus(freeNanos, whole);
          freeFraction = freeNanos == Timeline.NEVER ? 0 : end - whole;
          return freeNanos();
        }
        left -= (until - freeFraction) * bytesPerNano;
      }
      freeNanos = change;
      freeFraction = 0;
    }
    return Timeline.NEVER;
  }
}

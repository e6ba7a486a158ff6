package dev.sluice.sim.link;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * How much of a connection may be under way, one direction: TCP's slow start without loss.
 *
 * <p>The window begins at its initial size and grows by every byte acknowledged, hence doubles each
 * round trip (RFC 5681, section 3.1), but only while it is made use of: a packet that left when
 * less than half the window was under way does not widen it (as Linux does; RFC 7661 in spirit).
 * After an idle time it falls back to its initial size (RFC 5681, section 4.1). Since packets are
 * never lost there is no congestion avoidance. Not thread-safe.
 */
final class CongestionWindow {
  private final int initialBytes;
  private final int maxBytes;
  private final Queue<Packet> underWay = new ArrayDeque<>();
  private long underWayBytes;
  private long windowBytes;
  private long lastSentNanos = -1;
  private long sentBytes;
  private long peakBytes;
  private long peakEndBytes;

  private record Packet(int bytes, long acknowledgedNanos) {}

  CongestionWindow(LinkOptions options) {
    initialBytes = options.initialWindowBytes();
    maxBytes = options.maxWindowBytes();
    windowBytes = initialBytes;
  }

  long windowBytes() {
    return windowBytes;
  }

  /**
   * Returns when the window lets a packet leave. Asking twice changes nothing.
   *
   * @param bytes of the packet
   * @param readyNanos when it could leave otherwise; never falls from call to call
   * @param idleNanos how long without sending is idle
   */
  long openNanos(int bytes, long readyNanos, long idleNanos) {
    long time = readyNanos;
    acknowledge(time);
    if (underWay.isEmpty() && lastSentNanos >= 0 && time - lastSentNanos > idleNanos) {
      restart();
    }
    while (underWayBytes > 0 && underWayBytes + bytes > windowBytes) {
      Packet oldest = underWay.peek();
      if (oldest == null || oldest.acknowledgedNanos == Timeline.NEVER) {
        return Timeline.NEVER;
      }
      time = Math.max(time, oldest.acknowledgedNanos);
      acknowledge(time);
    }
    return time;
  }

  /** Falls back to the initial window, as after a timeout. */
  void restart() {
    windowBytes = Math.min(windowBytes, initialBytes);
  }

  /** Notes a packet that has left. */
  void sent(int bytes, long leftNanos, long acknowledgedNanos) {
    underWayBytes += bytes;
    sentBytes += bytes;
    boolean newRound = sentBytes - underWayBytes >= peakEndBytes;
    if (newRound || underWayBytes > peakBytes) {
      peakBytes = underWayBytes;
      peakEndBytes = sentBytes;
    }
    underWay.add(new Packet(bytes, acknowledgedNanos));
    lastSentNanos = leftNanos;
  }

  private void acknowledge(long nowNanos) {
    for (Packet oldest = underWay.peek();
        oldest != null && oldest.acknowledgedNanos <= nowNanos;
        oldest = underWay.peek()) {
      underWay.remove();
      underWayBytes -= oldest.bytes;
      if (windowBytes < 2 * peakBytes) {
        windowBytes = Math.min(maxBytes, windowBytes + oldest.bytes);
      }
    }
  }
}

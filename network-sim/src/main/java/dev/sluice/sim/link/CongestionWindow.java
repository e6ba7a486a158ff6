package dev.sluice.sim.link;

/**
 * How much of a connection may be under way, one direction, in bytes.
 *
 * <p>Slow start: the window begins at its initial size and grows by every byte acknowledged, hence
 * doubles each round trip (RFC 5681, section 3.1), but only while it is made use of: it stays below
 * twice the most that was under way in the last round (as Linux does; RFC 7661 in spirit). After a
 * loss it is CUBIC's (RFC 9438): {@code W(t) = C (t - K)^3 + W_max} segments, t seconds after the
 * reduction, with C = 0.4, reduction to 0.7, fast convergence, and never below what Reno would have
 * (section 4.3). One reduction per round of losses; a timeout leaves one segment (RFC 5681, section
 * 3.1). Not modelled: HyStart++ and proportional rate reduction. Not thread-safe.
 */
final class CongestionWindow {
  private static final double C = 0.4;
  private static final double BETA = 0.7;

  /** What Reno with that reduction adds per round trip: RFC 9438, section 4.3. */
  private static final double RENO_GROWTH = 3 * (1 - BETA) / (1 + BETA);

  private static final double MOST_GROWTH_PER_ROUND = 1.5;
  private static final int LEAST_SEGMENTS = 2;

  private final int segmentBytes;
  private final int initialBytes;
  private final int maxBytes;
  private double windowBytes;
  private double thresholdBytes = Double.MAX_VALUE;
  private long underWayBytes;
  private long sentBytes;
  private long peakBytes;
  private long peakEndBytes;
  private long reducedNanos = -1;
  private double maxSegments;
  private double priorSegments;
  private double renoSegments;
  private double inflectionSeconds;
  private long epochNanos = -1;

  CongestionWindow(TcpOptions options) {
    segmentBytes = options.segmentBytes();
    initialBytes = options.initialWindowBytes();
    maxBytes = options.maxWindowBytes();
    windowBytes = initialBytes;
  }

  long windowBytes() {
    return (long) windowBytes;
  }

  long underWayBytes() {
    return underWayBytes;
  }

  /** Returns whether a packet may leave; the first one always may. */
  boolean allows(int bytes) {
    return underWayBytes == 0 || underWayBytes + bytes <= (long) windowBytes;
  }

  /** Falls back to the initial window, as after idleness. */
  void restart() {
    windowBytes = Math.min(windowBytes, initialBytes);
    epochNanos = -1;
  }

  /** Notes a packet that leaves. */
  void sent(int bytes) {
    underWayBytes += bytes;
    sentBytes += bytes;
    boolean newRound = sentBytes - underWayBytes >= peakEndBytes;
    if (newRound || underWayBytes > peakBytes) {
      peakBytes = underWayBytes;
      peakEndBytes = sentBytes;
    }
  }

  /** Notes that a packet was acknowledged. */
  void acknowledged(int bytes, long nowNanos, long roundTripNanos) {
    underWayBytes -= bytes;
    if (bytes == 0 || windowBytes >= 2.0 * peakBytes) {
      return;
    }
    if (windowBytes < thresholdBytes) {
      windowBytes = Math.min(maxBytes, windowBytes + bytes);
    } else {
      windowBytes = Math.min(maxBytes, avoided(bytes, nowNanos, roundTripNanos));
    }
  }

  /**
   * Notes that a packet is deemed lost.
   *
   * @param leftNanos when it was sent: one that left before the last reduction calls for no other
   */
  void lost(int bytes, long leftNanos, long nowNanos) {
    underWayBytes -= bytes;
    if (leftNanos <= reducedNanos) {
      return;
    }
    reduce(nowNanos);
    windowBytes = thresholdBytes;
  }

  /** Notes that a packet is deemed lost because nothing was heard for too long. */
  void timedOut(int bytes, long leftNanos, long nowNanos) {
    underWayBytes -= bytes;
    if (leftNanos > reducedNanos) {
      reduce(nowNanos);
    }
    windowBytes = segmentBytes;
  }

  private void reduce(long nowNanos) {
    reducedNanos = nowNanos;
    double segments = windowBytes / segmentBytes;
    maxSegments = segments < maxSegments ? segments * (1 + BETA) / 2 : segments;
    priorSegments = segments;
    thresholdBytes = Math.max(LEAST_SEGMENTS * (double) segmentBytes, windowBytes * BETA);
    epochNanos = -1;
  }

  /** Congestion avoidance: RFC 9438, sections 4.2 to 4.5. */
  private double avoided(int bytes, long nowNanos, long roundTripNanos) {
    double segments = windowBytes / segmentBytes;
    if (epochNanos < 0) {
      epochNanos = nowNanos;
      maxSegments = Math.max(maxSegments, segments);
      inflectionSeconds = Math.cbrt((maxSegments - segments) / C);
      renoSegments = segments;
    }
    double acknowledged = (double) bytes / segmentBytes;
    double growth = renoSegments >= priorSegments ? 1 : RENO_GROWTH;
    renoSegments += growth * acknowledged / segments;
    double seconds = (nowNanos - epochNanos) / 1e9;
    if (cubic(seconds) < renoSegments) {
      return Math.max(windowBytes, renoSegments * segmentBytes);
    }
    double target =
        Math.max(
            segments,
            Math.min(cubic(seconds + roundTripNanos / 1e9), MOST_GROWTH_PER_ROUND * segments));
    return windowBytes + (target - segments) / segments * bytes;
  }

  private double cubic(double seconds) {
    double distance = seconds - inflectionSeconds;
    return C * distance * distance * distance + maxSegments;
  }
}

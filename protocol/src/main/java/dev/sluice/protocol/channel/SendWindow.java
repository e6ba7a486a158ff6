package dev.sluice.protocol.channel;

/**
 * How many bytes the network may hold.
 *
 * <p>Delay-based, after Shalunov et al., "Low Extra Delay Background Transport (LEDBAT)", RFC 6817,
 * section 2.4.2: the window grows while round trips stay near the smallest one seen and shrinks in
 * proportion to the excess over the target. So on a slow link little stands ahead of a fresh
 * request or a ping, and on a fast one the link stays full. Deviation: the smallest round trip is
 * that of the last ten to twenty seconds, since a device changes networks.
 *
 * <p>Not thread-safe.
 */
final class SendWindow {
  static final int MIN_BYTES = 8 * 1024;
  static final int FIRST_BYTES = 32 * 1024;
  static final int MAX_BYTES = 1024 * 1024;
  private static final long EPOCH_NANOS = 10_000_000_000L;

  private final long targetNanos;
  private double windowBytes = FIRST_BYTES;
  private long minRoundTripNanos = Long.MAX_VALUE;
  private long formerMinNanos = Long.MAX_VALUE;
  private long epochStartNanos;
  private boolean started;

  SendWindow(long targetNanos) {
    this.targetNanos = targetNanos;
  }

  /** Returns the bytes that may be unacknowledged. */
  int bytes() {
    return (int) windowBytes;
  }

  /**
   * Learns from a round trip.
   *
   * @param roundTripNanos of a ping
   * @param ackedBytes bytes that are known to have arrived since the last one
   * @param limited whether the window was what held bytes back
   */
  void onRoundTrip(long nowNanos, long roundTripNanos, long ackedBytes, boolean limited) {
    if (!started || nowNanos - epochStartNanos > EPOCH_NANOS) {
      formerMinNanos = started ? minRoundTripNanos : Long.MAX_VALUE;
      minRoundTripNanos = Long.MAX_VALUE;
      epochStartNanos = nowNanos;
      started = true;
    }
    minRoundTripNanos = Math.min(minRoundTripNanos, roundTripNanos);
    if (ackedBytes <= 0) {
      return;
    }
    long base = Math.min(minRoundTripNanos, formerMinNanos);
    double offTarget = (targetNanos - (double) (roundTripNanos - base)) / targetNanos;
    double change = Math.max(-0.5 * windowBytes, offTarget * ackedBytes);
    if (change < 0 || limited) {
      windowBytes = Math.max(MIN_BYTES, Math.min(MAX_BYTES, windowBytes + change));
    }
  }
}

package dev.sluice.protocol.channel;

/**
 * How many bytes the network may hold.
 *
 * <p>Delay-based, after Shalunov et al., "Low Extra Delay Background Transport (LEDBAT)", RFC 6817,
 * section 2.4.2: the window grows while round trips stay near the smallest one seen and shrinks in
 * proportion to the excess over the target. So on a slow link little stands ahead of a fresh
 * request or a ping, and on a fast one the link stays full. Deviations: the smallest round trip is
 * that of the last ten to twenty seconds, since a device changes networks; and two things of
 * Balasubramanian et al., "LEDBAT++: Congestion Control for Background Traffic"
 * (draft-irtf-iccrg-ledbat-plus-plus, sections 4.2 and 4.4): the window doubles each round trip
 * until the first queue is seen, and a sender that was never idle draws back for about two round
 * trips every ten seconds, to see how long one takes without its own queue.
 *
 * <p>Not thread-safe.
 */
final class SendWindow {
  static final int MIN_BYTES = 1_200;
  static final int FIRST_BYTES = 4 * 1024;
  static final int MAX_BYTES = 8 * 1024 * 1024;
  private static final long EPOCH_NANOS = 10_000_000_000L;

  private final long targetNanos;
  private double windowBytes = FIRST_BYTES;
  private boolean doubling = true;
  private long minRoundTripNanos = Long.MAX_VALUE;
  private long formerMinNanos = Long.MAX_VALUE;
  private long epochStartNanos;
  private boolean started;
  private boolean idleInEpoch;
  private boolean drawnBack;
  private long drawnBackUntilNanos;

  SendWindow(long targetNanos) {
    this.targetNanos = targetNanos;
  }

  /** Returns the bytes that may be unacknowledged. */
  int bytes() {
    return drawnBack ? MIN_BYTES : (int) windowBytes;
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
      beginEpoch(nowNanos, roundTripNanos);
    }
    minRoundTripNanos = Math.min(minRoundTripNanos, roundTripNanos);
    idleInEpoch |= !limited;
    if (drawnBack) {
      // Over when a ping is back that left after the queue had drained.
      drawnBack = nowNanos - roundTripNanos < drawnBackUntilNanos;
      return;
    }
    if (ackedBytes <= 0) {
      return;
    }
    double queueNanos = roundTripNanos - baseNanos();
    if (doubling && queueNanos < targetNanos / 4.0) {
      if (limited) {
        windowBytes = Math.min(MAX_BYTES, windowBytes + ackedBytes);
      }
      return;
    }
    doubling = false;
    double offTarget = (targetNanos - queueNanos) / targetNanos;
    double change = Math.max(-0.5 * windowBytes, offTarget * ackedBytes);
    if (change < 0 || limited) {
      windowBytes = Math.max(MIN_BYTES, Math.min(MAX_BYTES, windowBytes + change));
    }
  }

  private void beginEpoch(long nowNanos, long roundTripNanos) {
    drawnBack = started && !idleInEpoch;
    drawnBackUntilNanos = nowNanos + roundTripNanos;
    formerMinNanos = started ? minRoundTripNanos : Long.MAX_VALUE;
    minRoundTripNanos = Long.MAX_VALUE;
    epochStartNanos = nowNanos;
    idleInEpoch = false;
    started = true;
  }

  /** Returns the round trip without a queue, as far as is known. */
  long baseNanos() {
    return Math.min(minRoundTripNanos, formerMinNanos);
  }
}

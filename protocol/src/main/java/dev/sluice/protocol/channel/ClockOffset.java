package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.SendStamp;

/**
 * How far the worker's monotonic clock is ahead of the device's, from pings.
 *
 * <p>See {@link SendStamp} for the estimate and its error. The ping with the smallest error wins;
 * since two clocks drift apart, errors grow with age, and so a newer ping replaces an old one even
 * if its round trip was a little longer. Not thread-safe.
 */
final class ClockOffset {
  /** Quartz clocks differ by less than 100 in a million. */
  private static final double DRIFT = 1e-4;

  private boolean known;
  private long offsetNanos;
  private long errorNanos;
  private long measuredNanos;

  /**
   * Learns from a ping.
   *
   * @param sentNanos the device's clock when it left
   * @param workerNanos the worker's clock when it was answered
   * @param receivedNanos the device's clock when the answer was there
   */
  void onPing(long sentNanos, long workerNanos, long receivedNanos) {
    long error = (receivedNanos - sentNanos + 1) / 2;
    if (error < 0 || (known && error > errorAt(receivedNanos))) {
      return;
    }
    known = true;
    offsetNanos = workerNanos - (sentNanos + (receivedNanos - sentNanos) / 2);
    errorNanos = error;
    measuredNanos = receivedNanos;
  }

  private long errorAt(long nowNanos) {
    return errorNanos + (long) (DRIFT * Math.max(0, nowNanos - measuredNanos));
  }

  /** Returns a moment of the device's clock on the worker's. */
  SendStamp stamp(long nowNanos) {
    return known ? new SendStamp(nowNanos + offsetNanos, errorAt(nowNanos)) : SendStamp.UNKNOWN;
  }
}

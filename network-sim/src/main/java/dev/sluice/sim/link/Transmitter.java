package dev.sluice.sim.link;

/**
 * Sends one packet after the other at the rate of the trace: the integral of the rate from when a
 * packet starts to when it has left is its size. One for each direction of a link, shared by its
 * connections. Time is kept to fractions of a nanosecond while packets follow each other, so that
 * rounding does not add up. Not thread-safe.
 */
final class Transmitter {
  private final Timeline timeline;
  private final Direction direction;
  private long freeNanos;
  private double freeFraction;

  Transmitter(Timeline timeline, Direction direction) {
    this.timeline = timeline;
    this.direction = direction;
  }

  /** Returns when the last packet has left, or 0. */
  long freeNanos() {
    return freeFraction > 0 ? Timeline.plus(freeNanos, 1) : freeNanos;
  }

  /** Returns when a packet that is ready then would start, or {@link Timeline#NEVER}. */
  long startNanos(long readyNanos) {
    return timeline.serviceNanos(direction, Math.max(readyNanos, freeNanos));
  }

  /**
   * Sends a packet.
   *
   * @param bytes at least 0
   * @param readyNanos when it can start at the earliest
   * @return when its last byte has left, or {@link Timeline#NEVER}
   */
  long transmit(int bytes, long readyNanos) {
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

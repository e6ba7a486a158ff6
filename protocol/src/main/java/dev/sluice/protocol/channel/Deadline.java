package dev.sluice.protocol.channel;

/**
 * When an answer is worth nothing any more, on the worker's clock.
 *
 * @param exists whether there is one at all
 * @param nanos the time, on the worker's monotonic clock
 * @param errorNanos how much later it may really be, at least 0: the offset of the two clocks is
 *     known no better
 */
public record Deadline(boolean exists, long nanos, long errorNanos) {
  /** There is none. */
  public static final Deadline NONE = new Deadline(false, 0, 0);

  private static final long LONGEST_NANOS = Long.MAX_VALUE / 4;

  public Deadline {
    if (errorNanos < 0) {
      throw new IllegalArgumentException("errorNanos must not be negative: " + errorNanos);
    }
    errorNanos = Math.min(errorNanos, LONGEST_NANOS);
  }

  /**
   * Returns the deadline a while after a moment.
   *
   * @param leftNanos time left then; more than 73 years count as 73
   */
  static Deadline after(long momentNanos, long leftNanos, long errorNanos) {
    return new Deadline(true, momentNanos + Math.min(leftNanos, LONGEST_NANOS), errorNanos);
  }

  /** Returns whether it is certain that the time is over. */
  public boolean hasPassed(long nowNanos) {
    return exists && nowNanos - nanos > errorNanos;
  }

  /** Returns when the time is over for certain; compare it by differences, as it may wrap. */
  public long certainNanos() {
    return nanos + errorNanos;
  }

  /** Returns the time left, negative when it is over; a long time where there is no deadline. */
  public long leftNanos(long nowNanos) {
    return exists ? nanos - nowNanos : LONGEST_NANOS;
  }
}

package dev.sluice.protocol.message;

/**
 * When a device handed a request's first byte to its socket, told on the worker's clock: the
 * device's own monotonic stamp, moved by the offset between the clocks that its pings gave it.
 *
 * <p>A ping that leaves at {@code t0}, is answered at {@code t1} of the worker's clock and is back
 * at {@code t2} says that the worker's clock is ahead by {@code t1 - (t0 + t2) / 2}, wrong by at
 * most {@code (t2 - t0) / 2} however unequal the two ways are (Mills, "Internet Time
 * Synchronization: The Network Time Protocol", IEEE Transactions on Communications 39(10), 1991).
 *
 * @param workerNanos the stamp on the worker's monotonic clock
 * @param errorNanos how wrong it may be either way; -1 when the offset is not known
 */
public record SendStamp(long workerNanos, long errorNanos) {
  /** The offset of the clocks is not known. */
  public static final SendStamp UNKNOWN = new SendStamp(0, -1);

  public SendStamp {
    if (errorNanos < -1) {
      throw new IllegalArgumentException("errorNanos must not be negative: " + errorNanos);
    }
  }

  /** Returns whether the stamp means anything. */
  public boolean isKnown() {
    return errorNanos >= 0;
  }
}

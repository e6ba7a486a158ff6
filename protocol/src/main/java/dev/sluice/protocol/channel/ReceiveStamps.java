package dev.sluice.protocol.channel;

/**
 * When a request came in, on the worker's monotonic clock.
 *
 * @param firstByteNanos when the read that brought its first byte returned
 * @param lastByteNanos when the read that brought its last byte returned
 * @param deadline when its answer is worth nothing any more; time spent in the network counts
 */
public record ReceiveStamps(long firstByteNanos, long lastByteNanos, Deadline deadline) {
  /** Returns the stamps of a request without deadline. */
  public ReceiveStamps(long firstByteNanos, long lastByteNanos) {
    this(firstByteNanos, lastByteNanos, Deadline.NONE);
  }
}

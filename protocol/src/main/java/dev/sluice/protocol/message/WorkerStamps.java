package dev.sluice.protocol.message;

/**
 * When what happened on the worker, on the worker's own monotonic clock: only differences mean
 * something elsewhere.
 *
 * @param firstByteNanos first byte of the request read from the socket
 * @param lastByteNanos last byte of the request read from the socket
 * @param startNanos computing began, decoding included; of a request that was computed together
 *     with others, the end less its share of the time, so that what is theirs counts as waiting
 * @param endNanos computing ended
 * @param replyNanos answer handed to the socket; the server sets it when it writes
 */
public record WorkerStamps(
    long firstByteNanos, long lastByteNanos, long startNanos, long endNanos, long replyNanos) {

  /** Returns the time between last byte received and reply, which is not the link's. */
  public long insideNanos() {
    return replyNanos - lastByteNanos;
  }

  /** Returns the time spent computing, decoding included. */
  public long computeNanos() {
    return endNanos - startNanos;
  }

  /** Returns the time between the last byte received and the start of computing. */
  public long queueNanos() {
    return startNanos - lastByteNanos;
  }

  /** Returns the same stamps with another reply time. */
  public WorkerStamps repliedAt(long nanos) {
    return new WorkerStamps(firstByteNanos, lastByteNanos, startNanos, endNanos, nanos);
  }
}

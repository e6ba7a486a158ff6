package dev.sluice.scheduler.estimate;

/**
 * Stamps of one answered request. Immutable; stamps may come from a broken clock and are not judged
 * here.
 *
 * @param requestId the id given to {@link Estimators#onSubmitted}, or -1
 * @param submittedNanos when the request was handed to the link; device's clock
 * @param replyReceivedNanos when the answer was there; device's clock
 * @param bytesSent bytes of the request on the link
 * @param workerFirstByteNanos when the worker had the request's first byte; worker's clock
 * @param workerLastByteNanos when the worker had its last byte; worker's clock
 * @param workerReplyNanos when the worker sent the answer; worker's clock
 * @param spreadBytes bytes that reached the worker after the first of the request's data, up to its
 *     last; 0 where that is not known
 * @param spreadNanos the time that these bytes took to come in; worker's clock
 */
public record TransferSample(
    long requestId,
    long submittedNanos,
    long replyReceivedNanos,
    int bytesSent,
    long workerFirstByteNanos,
    long workerLastByteNanos,
    long workerReplyNanos,
    int spreadBytes,
    long spreadNanos) {
  /** Returns a sample that does not say how the bytes came in. */
  public TransferSample(
      long requestId,
      long submittedNanos,
      long replyReceivedNanos,
      int bytesSent,
      long workerFirstByteNanos,
      long workerLastByteNanos,
      long workerReplyNanos) {
    this(
        requestId,
        submittedNanos,
        replyReceivedNanos,
        bytesSent,
        workerFirstByteNanos,
        workerLastByteNanos,
        workerReplyNanos,
        0,
        0);
  }
}

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
 */
public record TransferSample(
    long requestId,
    long submittedNanos,
    long replyReceivedNanos,
    int bytesSent,
    long workerFirstByteNanos,
    long workerLastByteNanos,
    long workerReplyNanos) {}

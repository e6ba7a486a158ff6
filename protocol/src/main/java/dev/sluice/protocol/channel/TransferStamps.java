package dev.sluice.protocol.channel;

/**
 * A request's way over the link, on the device's monotonic clock.
 *
 * <p>Together with the worker's stamps: {@code (replyReceived - submitted) - (reply - lastByte)} is
 * the time on the link and in the device's own send queue, about a round trip plus bytes over rate.
 * {@code replyReceived - firstWrite} in place of {@code submitted} leaves out the send queue.
 *
 * @param submittedNanos {@link WorkerClient#send} was called
 * @param firstWriteNanos its first byte was handed to the socket
 * @param replyReceivedNanos the answer was read
 * @param bytesSent bytes of the request on the connection, frame headers included
 * @param bytesReceived bytes of the answer on the connection, frame header included
 */
public record TransferStamps(
    long submittedNanos,
    long firstWriteNanos,
    long replyReceivedNanos,
    int bytesSent,
    int bytesReceived) {}

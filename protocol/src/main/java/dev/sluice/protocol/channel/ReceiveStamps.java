package dev.sluice.protocol.channel;

/**
 * When a request came in, on the worker's monotonic clock.
 *
 * @param firstByteNanos when the read that brought its first byte returned
 * @param lastByteNanos when the read that brought its last byte returned
 */
public record ReceiveStamps(long firstByteNanos, long lastByteNanos) {}

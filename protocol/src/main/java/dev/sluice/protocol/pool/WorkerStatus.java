package dev.sluice.protocol.pool;

import dev.sluice.protocol.channel.LinkState;

/**
 * One worker as a pool sees it.
 *
 * @param address {@code HOST:PORT}
 * @param state of the connection; DOWN also if none is wanted
 * @param draining whether it takes no new requests
 * @param inFlight requests of this pool that it has
 * @param queued requests that it had when it was last heard, of all its devices
 * @param roundTripNanos smoothed, 0 before the first ping came back
 */
public record WorkerStatus(
    String address,
    LinkState state,
    boolean draining,
    int inFlight,
    int queued,
    long roundTripNanos) {}

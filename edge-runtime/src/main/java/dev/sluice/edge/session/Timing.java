package dev.sluice.edge.session;

/**
 * Where the time of a request went, all in nanoseconds; parts that did not happen are 0. Parts
 * overlap when the device goes on computing while a reply is out, so they need not add up.
 *
 * @param waitNanos from capture until the device began
 * @param preprocessNanos making the network's input on the device
 * @param deviceNanos stages and exit heads on the device
 * @param encodeNanos writing the live tensors or the picture for the link
 * @param networkNanos both ways on the link, without the worker's time
 * @param workerQueueNanos waiting at the worker
 * @param workerComputeNanos computing at the worker
 */
public record Timing(
    long waitNanos,
    long preprocessNanos,
    long deviceNanos,
    long encodeNanos,
    long networkNanos,
    long workerQueueNanos,
    long workerComputeNanos) {}

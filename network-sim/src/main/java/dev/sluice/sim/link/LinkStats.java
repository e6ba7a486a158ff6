package dev.sluice.sim.link;

/**
 * What an {@link EmulatedLink} has done so far.
 *
 * @param connections accepted
 * @param uplinkBytes handed to the worker's side
 * @param downlinkBytes handed to the device's side
 * @param worstLatenessNanos the longest time that anything was handed over after it was due: how
 *     far the machine lagged behind the model
 */
public record LinkStats(
    long connections, long uplinkBytes, long downlinkBytes, long worstLatenessNanos) {}

package dev.sluice.sim.link;

import dev.sluice.sim.trace.LinkTrace.Step;
import org.jspecify.annotations.Nullable;

/**
 * What holds in place of the trace's own values; null leaves the trace's. Immutable.
 *
 * @param uplinkBytesPerSecond finite, at least 0
 * @param downlinkBytesPerSecond finite, at least 0
 * @param roundTripNanos in [0, {@link Step#MAX_ROUND_TRIP_NANOS}]
 * @param outage whether nothing passes
 */
record Overrides(
    @Nullable Double uplinkBytesPerSecond,
    @Nullable Double downlinkBytesPerSecond,
    @Nullable Long roundTripNanos,
    @Nullable Boolean outage) {
  static final Overrides NONE = new Overrides(null, null, null, null);

  Overrides {
    on(
        new Step(0, 1, 1, 0, false),
        uplinkBytesPerSecond,
        downlinkBytesPerSecond,
        roundTripNanos,
        outage);
  }

  Overrides withRates(@Nullable Double uplink, @Nullable Double downlink) {
    return new Overrides(uplink, downlink, roundTripNanos, outage);
  }

  Overrides withRoundTrip(@Nullable Long nanos) {
    return new Overrides(uplinkBytesPerSecond, downlinkBytesPerSecond, nanos, outage);
  }

  Overrides withOutage(@Nullable Boolean forced) {
    return new Overrides(uplinkBytesPerSecond, downlinkBytesPerSecond, roundTripNanos, forced);
  }

  /** Returns the step as it holds now. */
  Step on(Step step) {
    return on(step, uplinkBytesPerSecond, downlinkBytesPerSecond, roundTripNanos, outage);
  }

  private static Step on(
      Step step,
      @Nullable Double uplink,
      @Nullable Double downlink,
      @Nullable Long roundTrip,
      @Nullable Boolean outage) {
    return new Step(
        step.startNanos(),
        uplink == null ? step.uplinkBytesPerSecond() : uplink,
        downlink == null ? step.downlinkBytesPerSecond() : downlink,
        roundTrip == null ? step.roundTripNanos() : roundTrip,
        outage == null ? step.outage() : outage);
  }
}

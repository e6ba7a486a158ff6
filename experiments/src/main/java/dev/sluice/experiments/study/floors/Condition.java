package dev.sluice.experiments.study.floors;

import static dev.sluice.experiments.study.grid.StudyFile.require;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;

/**
 * A link under which a plan is chosen, known as well as after a minute of use. Immutable.
 *
 * @param name for people and files
 * @param uplinkMbit megabits per second, positive
 * @param roundTripMillis of a tiny message, at least 0
 */
record Condition(
    @JsonProperty(required = true) String name,
    @JsonProperty(required = true) double uplinkMbit,
    @JsonProperty(required = true) double roundTripMillis) {
  private static final long MS = 1_000_000;
  private static final double MBIT = 125_000;
  private static final double RATE_SD = 0.1;
  private static final double WORKER_SCALE = 1;

  Condition {
    require(uplinkMbit > 0, name + ": uplinkMbit must be positive: " + uplinkMbit);
    require(
        roundTripMillis >= 0, name + ": roundTripMillis must not be negative: " + roundTripMillis);
  }

  /**
   * Returns what a device would have estimated.
   *
   * @param deviceScale device's time over the profile's
   * @param framePeriodNanos time between frames
   */
  Estimates estimates(double deviceScale, long framePeriodNanos) {
    return Estimates.of(
        LinkState.UP,
        uplinkMbit * MBIT,
        RATE_SD,
        Math.round(roundTripMillis * MS),
        2 * MS,
        deviceScale,
        WORKER_SCALE,
        MS,
        framePeriodNanos);
  }
}

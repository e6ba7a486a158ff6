package dev.sluice.experiments.study.floors;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import java.util.List;

/**
 * A link under which a plan is chosen, known as well as after a minute of use. Immutable.
 *
 * @param name for people and files
 * @param uplinkBytesPerSecond rate
 * @param roundTripNanos of a tiny message
 */
record Condition(String name, double uplinkBytesPerSecond, long roundTripNanos) {
  private static final long MS = 1_000_000;
  private static final double MBIT = 125_000;
  private static final double RATE_SD = 0.1;
  private static final double WORKER_SCALE = 1;

  /** From a poor cell to good Wi-Fi. */
  static final List<Condition> ALL =
      List.of(
          new Condition("0.5 Mbit/s", 0.5 * MBIT, 60 * MS),
          new Condition("1 Mbit/s", MBIT, 60 * MS),
          new Condition("2 Mbit/s", 2 * MBIT, 40 * MS),
          new Condition("5 Mbit/s", 5 * MBIT, 40 * MS),
          new Condition("20 Mbit/s", 20 * MBIT, 20 * MS));

  /**
   * Returns what a device would have estimated.
   *
   * @param deviceScale device's time over the profile's
   * @param framePeriodNanos time between frames
   */
  Estimates estimates(double deviceScale, long framePeriodNanos) {
    return Estimates.of(
        LinkState.UP,
        uplinkBytesPerSecond,
        RATE_SD,
        roundTripNanos,
        2 * MS,
        deviceScale,
        WORKER_SCALE,
        MS,
        framePeriodNanos);
  }
}

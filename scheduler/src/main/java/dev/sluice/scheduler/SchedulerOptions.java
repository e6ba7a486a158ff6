package dev.sluice.scheduler;

import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.plan.PlanMemory;
import dev.sluice.scheduler.predict.DeviceModel;
import dev.sluice.scheduler.predict.Rescue;
import java.time.Duration;

/**
 * How the scheduler judges. Immutable.
 *
 * @param certified whether accuracy floors must be proven on the CERTIFY table, or only hold on the
 *     SELECT table
 * @param rateSds how many standard deviations below its estimate the uplink's rate is assumed for
 *     latency percentiles
 * @param roundTripSds the same for the round trip, above
 * @param latencyHeadroom share of a latency bound that a plan must stay below it to be taken up; it
 *     is given up only when the bound itself breaks
 * @param tolerance relative difference within which two plans are alike in a target
 * @param switchGain relative gain in a target that is worth changing the plan for, if it is also
 *     more than the uncertainty of the estimates can feign ({@link Stability#gainSds})
 * @param leastDwell time that a plan which still holds the objective is kept
 * @param device what plans cost the device in energy and memory
 * @param stability what a gain and a change of the worker's load must be to change the plan
 */
public record SchedulerOptions(
    boolean certified,
    double rateSds,
    double roundTripSds,
    double latencyHeadroom,
    double tolerance,
    double switchGain,
    Duration leastDwell,
    DeviceModel device,
    Stability stability) {

  /**
   * Makes options for a device of which only the speed is known, that takes every gain at its word
   * and answers changes of the worker's load at once.
   */
  public SchedulerOptions(
      boolean certified,
      double rateSds,
      double roundTripSds,
      double latencyHeadroom,
      double tolerance,
      double switchGain,
      Duration leastDwell) {
    this(
        certified,
        rateSds,
        roundTripSds,
        latencyHeadroom,
        tolerance,
        switchGain,
        leastDwell,
        DeviceModel.DEFAULT,
        Stability.NONE);
  }

  public SchedulerOptions {
    requireShare(latencyHeadroom, "latencyHeadroom");
    requireShare(tolerance, "tolerance");
    requireShare(switchGain, "switchGain");
    if (!(rateSds >= 0 && rateSds <= 10 && roundTripSds >= 0 && roundTripSds <= 10)) {
      throw new IllegalArgumentException("standard deviations must be in [0, 10]");
    }
    if (leastDwell.isNegative()) {
      throw new IllegalArgumentException("leastDwell must not be negative: " + leastDwell);
    }
  }

  /** Returns Sluice's own: certified, one and two deviations of caution, 6 % headroom. */
  public static SchedulerOptions defaults() {
    return new SchedulerOptions(true, 1, 2, 0.06, 0.01, 0.1, Duration.ofSeconds(1))
        .with(Stability.DEFAULT);
  }

  /** Returns those of a planner that takes estimates and the SELECT table at their word. */
  public static SchedulerOptions plain() {
    return new SchedulerOptions(false, 0, 0, 0, 0, 0, Duration.ZERO);
  }

  /** Returns the same without proofs: floors need only hold on the SELECT table. */
  public SchedulerOptions uncertified() {
    return new SchedulerOptions(
        false,
        rateSds,
        roundTripSds,
        latencyHeadroom,
        tolerance,
        switchGain,
        leastDwell,
        device,
        stability);
  }

  /** Returns the same for a device and radio that draw other power. */
  public SchedulerOptions with(EnergyModel energy) {
    return with(device.with(energy));
  }

  /** Returns the same where somebody knows what memory plans need. */
  public SchedulerOptions with(PlanMemory memory) {
    return with(device.with(memory));
  }

  /** Returns the same for a device that answers by itself by another time than the objective's. */
  public SchedulerOptions answering(Rescue rescue) {
    return with(device.answering(rescue));
  }

  /** Returns the same for a device that waits for replies until then, and never answers instead. */
  public SchedulerOptions waiting(Rescue until) {
    return with(device.waiting(until));
  }

  /** Returns the same for a device that keeps in touch with so many workers, at least 1. */
  public SchedulerOptions over(int connections) {
    return with(device.keeping(device.upkeep().over(connections)));
  }

  /** Returns the same with another stability. */
  public SchedulerOptions with(Stability newStability) {
    return with(device, newStability);
  }

  /** Returns the same with another seed, as every device under one worker needs it. */
  public SchedulerOptions withSeed(long seed) {
    return with(stability.withSeed(seed));
  }

  private SchedulerOptions with(DeviceModel newDevice) {
    return with(newDevice, stability);
  }

  private SchedulerOptions with(DeviceModel newDevice, Stability newStability) {
    return new SchedulerOptions(
        certified,
        rateSds,
        roundTripSds,
        latencyHeadroom,
        tolerance,
        switchGain,
        leastDwell,
        newDevice,
        newStability);
  }

  private static void requireShare(double value, String name) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(name + " must be in [0, 1): " + value);
    }
  }
}

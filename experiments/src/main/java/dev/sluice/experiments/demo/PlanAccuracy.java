package dev.sluice.experiments.demo;

import dev.sluice.experiments.report.Interval;
import dev.sluice.scheduler.plan.Plan;

/**
 * A plan beside the uncut network on the same independent frames.
 *
 * @param plan the plan
 * @param samples frames, positive
 * @param right frames that the plan gets right
 * @param uncutRight frames that the uncut network gets right
 * @param sent frames that were sent to the worker
 * @param bytes sent for them
 * @param points difference of the accuracies in points, negative where the plan is worse
 */
public record PlanAccuracy(
    Plan plan, int samples, int right, int uncutRight, int sent, long bytes, Interval points) {

  public PlanAccuracy {
    if (samples <= 0) {
      throw new IllegalArgumentException("an accuracy of no frames");
    }
  }
}

package dev.sluice.experiments.fleet;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import java.util.Optional;

/**
 * Says what to do under given conditions and remembers nothing, so that its answers may be kept.
 * Not thread-safe.
 */
@FunctionalInterface
public interface Decider {
  /**
   * Decides.
   *
   * @param conditions as estimated
   * @param current plan in use, if any
   */
  Verdict decide(Estimates conditions, Optional<Plan> current);

  /**
   * What was decided.
   *
   * @param plan to use
   * @param keeps whether the plan in use still holds the objective, so that a change can wait
   * @param urgency what there is to gain by a change, in [0, 1]
   */
  record Verdict(Plan plan, boolean keeps, double urgency) {}

  /**
   * Sluice's scheduler. What it remembers between decisions (how long a plan is kept at least, and
   * the random time until a change of the worker's load is answered) is the device's to keep.
   */
  static Decider of(Scheduler scheduler) {
    return new SchedulerDecider(scheduler);
  }

  /** A planner that remembers nothing itself, such as one that keeps to a plan. */
  static Decider of(Planner planner) {
    return (conditions, current) ->
        new Verdict(planner.decide(conditions, current, 0).plan(), false, 1);
  }
}

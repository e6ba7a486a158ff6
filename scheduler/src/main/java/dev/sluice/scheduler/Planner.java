package dev.sluice.scheduler;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import java.util.Optional;

/** Chooses a plan for the conditions of the moment. Implementations are not thread-safe. */
public interface Planner {
  /**
   * Returns the plan to run from now on.
   *
   * @param estimates conditions at {@code nowNanos}
   * @param current plan in use, if any
   * @param nowNanos time on the caller's monotonic clock
   */
  PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos);
}

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

  /**
   * Tells whether a plan in use would be kept under other conditions, as far as this planner can
   * tell; {@link #decide} goes on as if this had not been asked. Who asks with a better link, and
   * hears yes, hardly need measure the link.
   *
   * @param current plan in use
   * @param imagined the other conditions
   * @return false where it would not, or nobody knows
   */
  default boolean wouldKeep(Plan current, Estimates imagined) {
    return false;
  }

  /**
   * Tells whether a worker serves the bundle's companion, which is assumed until somebody says
   * otherwise. A planner that has a choice takes no plan that needs it while none does; one that
   * keeps to a plan ignores this.
   */
  default void companionServed(boolean served) {}
}

package dev.sluice.edge.agent;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import java.util.Optional;

/**
 * One plan, set by hand, whether or not the bundle's tables know its codec. Predicts nothing: its
 * prediction is empty.
 */
final class PinnedPlan implements Planner {
  private static final Prediction EMPTY =
      new Prediction(LatencyDistribution.of(new long[] {0}), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  private final PlanDecision decision;

  PinnedPlan(Plan plan) {
    this.decision = new PlanDecision(plan, "set by hand", EMPTY, true);
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return decision;
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return current.equals(decision.plan());
  }
}

package dev.sluice.experiments.study.regret;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tells whether the accuracy floor is proven for what a planner does, as the scheduler must prove
 * it for what it does. Each plan is tested alone, which asks less than a scheduler that may choose
 * any of many is asked. Not thread-safe.
 */
final class Proofs {
  private final BundleFacts facts;
  private final double leastDifference;
  private final Predictor thresholds;

  /**
   * Proves nothing yet.
   *
   * @param leastDifference least accuracy minus the uncut network's, a share
   */
  Proofs(BundleFacts facts, double leastDifference) {
    this.facts = facts;
    this.leastDifference = leastDifference;
    thresholds = new Predictor(facts, List.of(), 0, 0);
  }

  /** Whether the floor is proven for every one of the plans. */
  boolean hold(Set<Plan> plans, Optional<ExitCriterion> criterion) {
    Predictor predictor =
        criterion.isPresent()
            ? new Predictor(facts, List.copyOf(plans), 0, 0, criterion)
            : thresholds;
    return plans.stream()
        .allMatch(plan -> predictor.differenceLowerBound(predictor.index(plan)) >= leastDifference);
  }

  /** Notes what a planner decides on. */
  static final class Noted implements Planner {
    private final Planner planner;
    private final Set<Plan> plans = new HashSet<>();

    Noted(Planner planner) {
      this.planner = planner;
    }

    @Override
    public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
      PlanDecision decision = planner.decide(estimates, current, nowNanos);
      plans.add(decision.plan());
      return decision;
    }

    /** Returns all that was decided on. */
    Set<Plan> plans() {
      return Set.copyOf(plans);
    }
  }
}

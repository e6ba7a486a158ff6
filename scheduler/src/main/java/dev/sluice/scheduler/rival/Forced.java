package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.List;
import java.util.Optional;

/**
 * Always the same plan, set by hand: what {@code --split}, {@code --codec} and {@code --exits} do.
 */
public final class Forced implements Planner {
  private final Predictor predictor;
  private final String reason;

  /**
   * Keeps to a plan.
   *
   * @param reason what the plan's decisions will say
   * @throws IllegalArgumentException if the plan does not fit the bundle, its tables or its profile
   */
  public Forced(BundleFacts facts, Plan plan, String reason) {
    this(facts, plan, reason, Optional.empty());
  }

  /** Keeps to a plan whose exits follow a policy of their own. */
  Forced(BundleFacts facts, Plan plan, String reason, Optional<ExitCriterion> criterion) {
    predictor = new Predictor(facts, List.of(plan), 0, 0, criterion);
    this.reason = reason;
  }

  Plan plan() {
    return predictor.plan(0);
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    Prediction prediction = predictor.predict(0, estimates);
    return new PlanDecision(predictor.plan(0), reason, prediction, !prediction.overloaded());
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return current.equals(plan());
  }
}

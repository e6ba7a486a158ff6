package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.List;

/**
 * Says of a plan that a rival chose by its own model what Sluice's predicts, so that decisions can
 * be compared. Not thread-safe.
 */
final class Forecast {
  private final Predictor predictor;

  Forecast(BundleFacts facts) {
    predictor = new Predictor(facts, List.of(), 0, 0);
  }

  /**
   * Returns the decision for a plan.
   *
   * @param feasible whether the rival's own constraint holds, if it has one
   */
  PlanDecision decision(Plan plan, String reason, Estimates estimates, boolean feasible) {
    Prediction prediction = predictor.predict(predictor.index(plan), estimates);
    return new PlanDecision(plan, reason, prediction, feasible && !prediction.overloaded());
  }
}

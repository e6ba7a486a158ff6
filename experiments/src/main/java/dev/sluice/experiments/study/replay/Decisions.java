package dev.sluice.experiments.study.replay;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decisions for plans that are chosen otherwise than by prediction. Not thread-safe. */
public final class Decisions {
  private final Predictor predictor;
  private final Estimates mean;
  private final Map<Plan, PlanDecision> made = new HashMap<>();

  /**
   * Starts without any.
   *
   * @param mean conditions for the figures that a decision shows
   */
  public Decisions(BundleFacts facts, Estimates mean) {
    predictor = new Predictor(facts, List.of(), 0, 0);
    this.mean = mean;
  }

  /** The decision for a plan. */
  public PlanDecision of(Plan plan) {
    return made.computeIfAbsent(
        plan,
        p ->
            new PlanDecision(
                p, "chosen with hindsight", predictor.predict(predictor.index(p), mean), true));
  }

  /** A strategy that keeps to a plan. */
  public StreamReplay.Strategy always(Plan plan) {
    PlanDecision decision = of(plan);
    Planner planner =
        new Planner() {
          @Override
          public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
            return decision;
          }

          @Override
          public boolean wouldKeep(Plan current, Estimates imagined) {
            return current.equals(plan);
          }
        };
    return new StreamReplay.Strategy() {
      @Override
      public Planner start(StreamReplay.Truth truth) {
        return planner;
      }

      @Override
      public boolean learns() {
        return false;
      }
    };
  }
}

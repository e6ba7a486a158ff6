package dev.sluice.experiments.study.replay;

import dev.sluice.experiments.study.replay.Contender.Entry;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Tells whether the accuracy floor is proven for what a planner does, as the scheduler must prove
 * it for what it does. Each plan is tested alone, which asks less than a scheduler that may choose
 * any of many is asked. Where the question has no floor below the final exit there is nothing to
 * prove. Not thread-safe.
 */
public final class Proofs {
  private final BundleFacts facts;
  private final OptionalDouble pointsBelowFinal;
  private final Predictor thresholds;

  /**
   * Proves nothing yet.
   *
   * @param facts of the network in floats, which the floor is about
   */
  public Proofs(BundleFacts facts, Question question) {
    this.facts = facts;
    pointsBelowFinal = question.goal().objective().pointsBelowFinal();
    thresholds = new Predictor(facts, List.of(), 0, 0);
  }

  /**
   * Whether the floor is proven for every plan that a contender decided on.
   *
   * @param noted its planner in that run
   */
  public boolean hold(Contender contender, Entry entry, Noted noted) {
    if (pointsBelowFinal.isEmpty()) {
      return true;
    }
    /* Tables at another precision do not know the network in floats. */
    if (!contender.precision().equals(VariantInfo.FLOAT32)) {
      return false;
    }
    Predictor predictor =
        entry.criterion().isPresent()
            ? new Predictor(facts, List.copyOf(noted.plans), 0, 0, entry.criterion())
            : thresholds;
    double least = -pointsBelowFinal.getAsDouble() / 100;
    return noted.plans.stream()
        .allMatch(plan -> predictor.differenceLowerBound(predictor.index(plan)) >= least);
  }

  /** Notes what a planner decides on. */
  public static final class Noted implements Planner {
    private final Planner planner;
    private final Set<Plan> plans = new HashSet<>();

    private Noted(Planner planner) {
      this.planner = planner;
    }

    /** Notes what the planner of an entry decides on. */
    public static Noted of(Entry entry) {
      return new Noted(entry.planner());
    }

    /** Returns an entry like that one, whose decisions are noted here. */
    public Entry in(Entry entry) {
      return new Entry(this, entry.criterion(), entry.hedges());
    }

    @Override
    public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
      PlanDecision decision = planner.decide(estimates, current, nowNanos);
      plans.add(decision.plan());
      return decision;
    }

    @Override
    public boolean wouldKeep(Plan current, Estimates imagined) {
      return planner.wouldKeep(current, imagined);
    }

    @Override
    public void companionServed(boolean served) {
      planner.companionServed(served);
    }
  }
}

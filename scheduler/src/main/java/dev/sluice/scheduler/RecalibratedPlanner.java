package dev.sluice.scheduler;

import dev.sluice.scheduler.drift.Recalibration;
import dev.sluice.scheduler.drift.Recalibration.Verdict;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A planner that is made anew without the plans that audits speak against. Not thread-safe.
 *
 * <p>Audits may only make thresholds stricter here: plans that stop at less than a raised threshold
 * are left out of the candidates. Floors are proven anew for those that are left; which of them are
 * tested is chosen again without a look at the CERTIFY table, so proofs keep their meaning. A
 * threshold that audits would lower is left as it is: they show agreement with the final exit, not
 * the accuracy that a floor speaks of. A raised threshold stays raised for the life of this
 * planner.
 */
public final class RecalibratedPlanner implements Planner {
  private final Function<Predicate<Plan>, Planner> maker;
  private final Map<Integer, Double> least = new HashMap<>();
  private Planner planner;
  private boolean companionServed = true;

  /**
   * Starts with every candidate.
   *
   * @param maker makes a planner whose plans all meet a condition; an {@link
   *     IllegalArgumentException} says that there is none
   */
  public RecalibratedPlanner(Function<Predicate<Plan>, Planner> maker) {
    this.maker = maker;
    planner = maker.apply(plan -> true);
  }

  /**
   * Takes up what audits showed. May take as long as making a planner.
   *
   * @return whether any plan was left out; false also where no planner can be made without those
   *     plans: then the candidates stay as they are
   */
  public boolean take(Recalibration recalibration) {
    Map<Integer, Double> stricter = new HashMap<>(least);
    for (Verdict verdict : recalibration.verdicts()) {
      if (verdict.after() > verdict.before()) {
        stricter.merge(verdict.exit(), verdict.after(), Math::max);
      }
    }
    if (stricter.equals(least)) {
      return false;
    }
    try {
      planner = maker.apply(plan -> allowed(plan, stricter));
      planner.companionServed(companionServed);
    } catch (IllegalArgumentException none) {
      return false;
    }
    least.putAll(stricter);
    return true;
  }

  /** Returns whether no plan is left that stops at less than the thresholds that were raised. */
  public boolean heeds(Recalibration recalibration) {
    return recalibration.verdicts().stream()
        .filter(verdict -> verdict.after() > verdict.before())
        .allMatch(verdict -> least.getOrDefault(verdict.exit(), 0.0) >= verdict.after());
  }

  /**
   * An exit that answers whatever its score, because no other is left, is no matter of thresholds.
   */
  private static boolean allowed(Plan plan, Map<Integer, Double> least) {
    return plan.exits().stream()
        .allMatch(
            exit ->
                exit.threshold() == 0 || exit.threshold() >= least.getOrDefault(exit.exit(), 0.0));
  }

  /** Returns the least threshold that audits allow, by exit; other exits are as calibrated. */
  public Map<Integer, Double> leastThresholds() {
    return Map.copyOf(least);
  }

  /** Returns the planner that decides at the moment. */
  public Planner current() {
    return planner;
  }

  @Override
  public void companionServed(boolean served) {
    companionServed = served;
    planner.companionServed(served);
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return planner.decide(estimates, current, nowNanos);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return planner.wouldKeep(current, imagined);
  }
}

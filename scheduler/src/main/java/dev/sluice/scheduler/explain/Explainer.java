package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.Appraisal;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.explain.Unreachable.GivenUp;
import dev.sluice.scheduler.explain.Unreachable.Reach;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Says why a scheduler chooses what it chooses. Nothing here judges plans anew: every figure is the
 * scheduler's own, and every "what if" is answered by asking it.
 *
 * <p>An alternative is the plan that would have been chosen had there been none of the kinds before
 * it: a <em>kind</em> is a split with a codec, whatever its exits. What would have to change is
 * looked for with the chosen plan in use, so that the scheduler's reluctance to change counts.
 *
 * <p>Not thread-safe, and not to be used while its scheduler decides. Deterministic.
 */
public final class Explainer {
  /** Alternatives that are shown. */
  private static final int ALTERNATIVES = 3;

  /** Accuracies this close, as a share, are alike where no floor can be proven. */
  private static final double ACCURACY_BAND = 0.002;

  private final Scheduler scheduler;

  /** What plans are alike in when only their exits differ. */
  private record Kind(int split, String codec, Sends sends) {
    static Kind of(Plan plan) {
      return new Kind(plan.split(), plan.codec(), plan.sends());
    }
  }

  /**
   * Explains a scheduler's choices.
   *
   * @param scheduler stays the caller's; is asked, and remembers nothing of it
   */
  public Explainer(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /**
   * Explains what would be chosen, with everything that could change it.
   *
   * @param current plan in use, if any
   */
  public Explanation explain(Estimates estimates, Optional<Plan> current) {
    PlanDecision decision =
        scheduler
            .consider(estimates, current, plan -> true)
            .orElseThrow(() -> new IllegalStateException("a scheduler has a local plan"));
    Explanation explanation = explain(estimates, current, decision);
    for (Condition condition : Condition.values()) {
      explanation = explanation.with(sensitivity(estimates, decision.plan(), condition));
    }
    return explanation;
  }

  /**
   * Explains a decision that was made, without what could change it.
   *
   * @param estimates those that it was made on
   * @param current plan that was in use, if any
   * @param decision the scheduler's
   * @throws IllegalArgumentException if its plan is no candidate
   */
  public Explanation explain(Estimates estimates, Optional<Plan> current, PlanDecision decision) {
    Appraisal appraisal = scheduler.appraise(estimates);
    int chosen = index(appraisal, decision.plan());
    boolean kept = current.isPresent() && current.get().equals(decision.plan());
    List<Standing> standings = standings(appraisal, chosen);
    List<Alternative> alternatives = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>(List.of(chosen));
    Set<Kind> taken = new HashSet<>(Set.of(Kind.of(decision.plan())));
    while (alternatives.size() < ALTERNATIVES) {
      Optional<PlanDecision> next =
          scheduler.consider(estimates, Optional.empty(), plan -> !taken.contains(Kind.of(plan)));
      if (next.isEmpty()) {
        break;
      }
      int other = index(appraisal, next.get().plan());
      numbers.add(other);
      taken.add(Kind.of(next.get().plan()));
      alternatives.add(
          new Alternative(
              next.get().plan(),
              next.get().prediction(),
              standings(appraisal, other),
              targets(appraisal, other),
              decision.feasible()
                  ? lossToHolding(appraisal, other, chosen, kept)
                  : lossToNearest(appraisal, other, chosen)));
    }
    return new Explanation(
        estimates,
        scheduler.objective(),
        appraisal.options().certified(),
        decision,
        standings,
        targets(appraisal, chosen),
        alternatives,
        energyDoubt(appraisal, numbers, alternatives),
        List.of(),
        decision.feasible() ? Optional.empty() : Optional.of(unreachable(appraisal, standings)),
        Optional.of(appraisal.options().device().serving(scheduler.objective()).upkeep())
            .filter(LinkUpkeep::isBounded));
  }

  /** Prices the plans that are shown under other constants, where energy counts. */
  private static Optional<EnergyDoubt> energyDoubt(
      Appraisal appraisal, List<Integer> candidates, List<Alternative> alternatives) {
    if (!appraisal.objective().mentions(Metric.Kind.DEVICE_ENERGY)) {
      return Optional.empty();
    }
    return Optional.of(
        EnergyDoubt.of(
            appraisal.options().device().energy(),
            candidates.stream().map(appraisal::activity).toList(),
            appraisal.objective().constraints(),
            alternatives));
  }

  /**
   * Returns how far one condition can change before a plan in use is left.
   *
   * @param plan a candidate
   */
  public Sensitivity sensitivity(Estimates estimates, Plan plan, Condition condition) {
    index(scheduler.appraise(estimates), plan);
    return new FlipSearch(scheduler, estimates, plan).along(condition);
  }

  private static int index(Appraisal appraisal, Plan plan) {
    return appraisal
        .find(plan)
        .orElseThrow(() -> new IllegalArgumentException("no candidate plan: " + plan.describe()));
  }

  private static List<Standing> standings(Appraisal appraisal, int candidate) {
    List<Standing> standings = new ArrayList<>();
    for (Constraint constraint : appraisal.objective().constraints()) {
      standings.add(standing(appraisal, candidate, constraint));
    }
    if (appraisal.estimates().framePeriodNanos() > 0) {
      standings.add(keepingUp(appraisal, candidate));
    }
    return standings;
  }

  private static Standing standing(Appraisal appraisal, int candidate, Constraint constraint) {
    double value = appraisal.judged(candidate, constraint);
    double expected = appraisal.expected(candidate, constraint);
    return constraint.metric().kind() != Metric.Kind.ACCURACY
        ? Standing.of(constraint, value, expected)
        : Standing.ofFloor(
            constraint,
            value,
            expected,
            appraisal.provenEnough(candidate, constraint),
            appraisal.lateLoss(candidate));
  }

  private static Standing keepingUp(Appraisal appraisal, int candidate) {
    return Standing.keepingUp(
        appraisal.utilisation(candidate), appraisal.expectedUtilisation(candidate));
  }

  private static List<TargetValue> targets(Appraisal appraisal, int candidate) {
    return appraisal.objective().targets().stream()
        .map(target -> new TargetValue(target, appraisal.value(candidate, target.metric())))
        .toList();
  }

  // --- why an alternative was not chosen --------------------------------------------------------

  /** The chosen plan holds every constraint. */
  private static Loss lossToHolding(Appraisal appraisal, int other, int chosen, boolean kept) {
    List<Standing> broken =
        standings(appraisal, other).stream().filter(standing -> !standing.holds()).toList();
    if (!broken.isEmpty()) {
      return new Loss.Breaks(broken);
    }
    double headroom = appraisal.options().latencyHeadroom();
    Optional<Standing> narrow = narrowest(appraisal, other, headroom);
    if (narrow.isPresent() && (kept || narrowest(appraisal, chosen, headroom).isEmpty())) {
      return new Loss.LittleHeadroom(narrow.get(), headroom);
    }
    return lossByTargets(appraisal, other, chosen, kept);
  }

  /** The latency that leaves least of its bound, if it leaves less than the headroom. */
  private static Optional<Standing> narrowest(Appraisal appraisal, int candidate, double headroom) {
    return appraisal.objective().constraints().stream()
        .flatMap(constraint -> constraint.latencyBound().stream())
        .map(bound -> standing(appraisal, candidate, bound))
        .filter(standing -> standing.value() > (1 - headroom) * standing.bound())
        .min(Comparator.comparingDouble(Standing::relativeSlack));
  }

  private static Loss lossByTargets(Appraisal appraisal, int other, int chosen, boolean kept) {
    Optional<Loss> slightly = Optional.empty();
    for (Target target : appraisal.objective().targets()) {
      double value = appraisal.value(other, target.metric());
      double best = appraisal.value(chosen, target.metric());
      double size = Math.max(Math.abs(target.cost(value)), Math.abs(target.cost(best)));
      double gain = size == 0 ? 0 : (target.cost(best) - target.cost(value)) / size;
      if (gain > 0 && kept && slightly.isEmpty()) {
        return new Loss.LittleGain(
            target, gain, appraisal.doubt(chosen, other, target), appraisal.options().switchGain());
      }
      if (gain < 0 && slightly.isEmpty()) {
        slightly = Optional.of(new Loss.Worse(target, value, best));
      }
      if (gain < -appraisal.options().tolerance()) {
        return new Loss.Worse(target, value, best);
      }
    }
    if (slightly.isPresent()) {
      return slightly.get();
    }
    double less = appraisal.predict(chosen).accuracy() - appraisal.predict(other).accuracy();
    return less > 0 ? new Loss.LessAccurate(less, false) : new Loss.Alike();
  }

  /** No plan holds every constraint; the chosen one comes nearest in the order of giving up. */
  private static Loss lossToNearest(Appraisal appraisal, int other, int chosen) {
    List<Standing> standings = standings(appraisal, other);
    GivenUp givenUp = givenUp(standings(appraisal, chosen));
    List<Standing> kept =
        standings.stream()
            .filter(standing -> !standing.holds())
            .filter(
                standing ->
                    givenUp != GivenUp.LATENCY
                        && (standing.isTiming()
                            || (givenUp == GivenUp.BUDGETS && standing.isAccuracyFloor())))
            .toList();
    if (!kept.isEmpty()) {
      return new Loss.Breaks(kept);
    }
    if (givenUp == GivenUp.ACCURACY) {
      double less = appraisal.merit(chosen) - appraisal.merit(other);
      return less > ACCURACY_BAND
          ? new Loss.LessAccurate(less, true)
          : lossByTargets(appraisal, other, chosen, false);
    }
    return furthest(standings, givenUp)
        .flatMap(worst -> further(worst, standings, standings(appraisal, chosen)))
        .orElseGet(() -> lossByTargets(appraisal, other, chosen, false));
  }

  private static Optional<Standing> furthest(List<Standing> standings, GivenUp givenUp) {
    return standings.stream()
        .filter(standing -> !standing.holds())
        .filter(standing -> standing.isTiming() == (givenUp == GivenUp.LATENCY))
        .filter(standing -> !standing.isAccuracyFloor())
        // Who does not keep up is late without end.
        .min(
            Comparator.comparing((Standing standing) -> standing.constraint().isPresent())
                .thenComparingDouble(Standing::relativeSlack));
  }

  private static Optional<Loss> further(
      Standing worst, List<Standing> standings, List<Standing> chosen) {
    Standing same = chosen.get(standings.indexOf(worst));
    return same.slack() > worst.slack()
        ? Optional.of(new Loss.FurtherOff(worst, same.value()))
        : Optional.empty();
  }

  // --- where nothing holds ----------------------------------------------------------------------

  private static GivenUp givenUp(List<Standing> chosen) {
    if (chosen.stream().anyMatch(standing -> standing.isTiming() && !standing.holds())) {
      return GivenUp.LATENCY;
    }
    return chosen.stream().anyMatch(standing -> standing.isAccuracyFloor() && !standing.holds())
        ? GivenUp.ACCURACY
        : GivenUp.BUDGETS;
  }

  private static Unreachable unreachable(Appraisal appraisal, List<Standing> chosen) {
    boolean periodic = appraisal.estimates().framePeriodNanos() > 0;
    List<Integer> usable = new ArrayList<>();
    List<Integer> lasting = new ArrayList<>();
    for (int i = 0; i < appraisal.candidates(); i++) {
      if (appraisal.usable(i)) {
        usable.add(i);
        if (appraisal.utilisation(i) < Prediction.OVERLOAD) {
          lasting.add(i);
        }
      }
    }
    // A latency that a queue makes longer without end is nothing that a plan reaches.
    List<Integer> judged = lasting.isEmpty() ? usable : lasting;
    List<Reach> reaches = new ArrayList<>();
    for (Constraint constraint : appraisal.objective().constraints()) {
      reaches.add(
          reach(
              appraisal,
              constraint.latencyBound().isPresent() ? judged : usable,
              candidate -> standing(appraisal, candidate, constraint)));
    }
    if (periodic) {
      reaches.add(reach(appraisal, usable, candidate -> keepingUp(appraisal, candidate)));
    }
    return new Unreachable(givenUp(chosen), reaches);
  }

  private interface Judge {
    Standing of(int candidate);
  }

  /** Whoever holds comes first, then whoever has most slack; the first of several. */
  private static Reach reach(Appraisal appraisal, List<Integer> candidates, Judge judge) {
    int best = candidates.get(0);
    Standing most = judge.of(best);
    for (int candidate : candidates) {
      Standing standing = judge.of(candidate);
      boolean better =
          standing.holds() == most.holds() ? standing.slack() > most.slack() : standing.holds();
      if (better) {
        best = candidate;
        most = standing;
      }
    }
    return new Reach(most, appraisal.plan(best));
  }
}

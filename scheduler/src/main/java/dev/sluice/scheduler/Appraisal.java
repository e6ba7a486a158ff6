package dev.sluice.scheduler;

import dev.sluice.scheduler.energy.DeviceActivity;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.Predictor;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a scheduler's candidates are worth under given estimates: the same figures that it decides
 * by, one by one, for whoever explains its decisions. Candidates are numbered from 0.
 *
 * <p>Not thread-safe, and not to be used while its scheduler decides: they share scratch space.
 */
public final class Appraisal {
  private final Objective objective;
  private final SchedulerOptions options;
  private final Predictor predictor;
  private final int candidates;
  private final List<Constraint> floors;
  private final double[][] floorGaps;
  private final boolean companionServed;
  private final Estimates estimates;

  Appraisal(
      Objective objective,
      SchedulerOptions options,
      Predictor predictor,
      int candidates,
      List<Constraint> floors,
      double[][] floorGaps,
      boolean companionServed,
      Estimates estimates) {
    this.objective = objective;
    this.options = options;
    this.predictor = predictor;
    this.floors = floors;
    this.floorGaps = floorGaps;
    this.candidates = candidates;
    this.companionServed = companionServed;
    this.estimates = estimates;
  }

  /** Returns what the scheduler plans for. */
  public Objective objective() {
    return objective;
  }

  /** Returns how the scheduler judges. */
  public SchedulerOptions options() {
    return options;
  }

  /** Returns the conditions. */
  public Estimates estimates() {
    return estimates;
  }

  /** Returns the number of candidates. */
  public int candidates() {
    return candidates;
  }

  /** Returns a candidate's plan. */
  public Plan plan(int candidate) {
    return predictor.plan(candidate);
  }

  /** Returns a plan's number, if it is a candidate. */
  public OptionalInt find(Plan plan) {
    OptionalInt found = predictor.find(plan);
    return found.isPresent() && found.getAsInt() < candidates() ? found : OptionalInt.empty();
  }

  /** Returns whether the link, and the worker if it asks a companion, let a candidate be used. */
  public boolean usable(int candidate) {
    return estimates.link() == LinkState.UP
        ? companionServed || !plan(candidate).usesCompanion()
        : !plan(candidate).usesCloud();
  }

  /** Returns all that is predicted of a candidate. */
  public Prediction predict(int candidate) {
    return predictor.predict(candidate, estimates);
  }

  /**
   * Returns what a candidate makes the device and its radio do, as its energy is priced: to be
   * priced under other constants.
   */
  public DeviceActivity activity(int candidate) {
    return predictor.activity(candidate, estimates);
  }

  /** Returns a metric as targets count it, in its base unit. */
  public double value(int candidate, Metric metric) {
    return predictor.value(candidate, metric, estimates);
  }

  /**
   * Returns the relative gain in a target of another candidate over the plan in use; of an
   * accuracy, in wrong answers.
   */
  public double gain(int current, int other, Target target) {
    return GainNoise.gain(predictor, current, other, target, estimates);
  }

  /**
   * Returns the part of a relative gain in a target that may be no more than the uncertainty of the
   * estimates: a plan in use is changed for more than that.
   *
   * @param current the plan in use
   * @param other the one that would be taken up
   * @return a share, at least 0
   */
  public double doubt(int current, int other, Target target) {
    double sds = options.stability().gainSds();
    return sds == 0 ? 0 : sds * new GainNoise(predictor, estimates).sd(current, other, target);
  }

  /**
   * Returns what is held against a constraint's bound, in the metric's base unit: with full caution
   * about the link; an accuracy as far as it is proven, if it must be, less what late replies lose,
   * but no less than none at all, and counted from the uncut network's where the bound is.
   *
   * @throws IllegalArgumentException if it bounds accuracy and the objective has no such floor
   */
  public double judged(int candidate, Constraint constraint) {
    return judged(candidate, constraint, 1);
  }

  /**
   * Returns the same with the link at its central estimates, and an accuracy as measured on the
   * SELECT table: what is between the two is the price of not being sure.
   */
  public double expected(int candidate, Constraint constraint) {
    return judged(candidate, constraint, 0);
  }

  /** Returns what is held against the bound of a latency before a plan in use is given up. */
  public double keptAt(int candidate, Constraint latencyBound) {
    return predictor.value(
        candidate, latencyBound.metric(), estimates, options.stability().keepCaution());
  }

  private double judged(int candidate, Constraint constraint, double caution) {
    if (constraint.metric().kind() != Metric.Kind.ACCURACY) {
      return predictor.value(candidate, constraint.metric(), estimates, caution);
    }
    double accuracy;
    if (options.certified() && caution > 0) {
      accuracy = constraint.bound() - floorGap(candidate, constraint);
    } else {
      accuracy =
          predictor.accuracy(candidate)
              - (constraint.relativeToFinal() ? predictor.finalAccuracy() : 0);
    }
    /* More can be late on the one table than is proven on the other: nothing is left then. */
    double none = constraint.relativeToFinal() ? -predictor.finalAccuracy() : 0;
    return Math.max(Math.min(none, accuracy), accuracy - lateLoss(candidate, caution));
  }

  /**
   * Returns whether a candidate's accuracy counts as enough for a floor, late replies apart: its
   * own bound reaches it, and so did all that had to be proven before it.
   *
   * @throws IllegalArgumentException if the objective has no such floor
   */
  public boolean provenEnough(int candidate, Constraint floor) {
    return floorGap(candidate, floor) <= 0;
  }

  /** Returns whether that is so of every floor. */
  public boolean provenEnough(int candidate) {
    return floors.stream().allMatch(floor -> provenEnough(candidate, floor));
  }

  private double floorGap(int candidate, Constraint floor) {
    int known = floors.indexOf(floor);
    if (known < 0) {
      throw new IllegalArgumentException("no floor of this objective: " + floor);
    }
    return floorGaps[known][candidate];
  }

  /** Returns the accuracy that late replies cost, with full caution about the link; at least 0. */
  public double lateLoss(int candidate) {
    return lateLoss(candidate, 1);
  }

  private double lateLoss(int candidate, double caution) {
    double loss = 0;
    for (Constraint constraint : objective.constraints()) {
      Constraint bound = constraint.latencyBound().orElse(constraint);
      if (bound.metric().kind() == Metric.Kind.LATENCY_PERCENTILE) {
        loss = Math.max(loss, predictor.lateLoss(candidate, bound.bound(), estimates, caution));
      }
    }
    return loss;
  }

  /**
   * Returns how accurate a candidate is held to be where no floor can be proven, counted from the
   * uncut network's accuracy, late replies included.
   */
  public double merit(int candidate) {
    double merit =
        options.certified()
            ? predictor.cautiousDifference(candidate)
            : predictor.accuracy(candidate) - predictor.finalAccuracy();
    return merit - lateLoss(candidate);
  }

  /**
   * Returns the larger busy share of device and uplink; 0 where the frame period is unknown. A plan
   * at {@link Prediction#OVERLOAD} or above does not keep up.
   */
  public double utilisation(int candidate) {
    return predictor.utilisation(candidate, estimates);
  }

  /** Returns the same with the link at its central estimates. */
  public double expectedUtilisation(int candidate) {
    return predictor.utilisation(candidate, estimates, 0);
  }
}

package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Chooses, on the SELECT table alone, which plans are worth a proof. Each proof makes all others
 * harder, so only plans are taken that have a chance and that the objective could prefer.
 *
 * <p>A plan has a chance if the SELECT table puts it above its floors by what a proof on a table of
 * that size {@link #USUAL_CRITICAL usually} takes, give or take a standard error. By how much it
 * should, so that it is both bold and proven, is not known beforehand, since that table may flatter
 * it. So a plan's {@link Trait#standing standing} is one more respect in which plans differ: bold
 * choices are taken that may fail, and more cautious ones in their place. What fails costs the
 * others little, since only the largest of many correlated errors counts; a plan that is not tried
 * is lost.
 *
 * <p>A plan stands in for another if it is {@link #CLEARLY clearly} more certain to be proven, or
 * as certain and alike in all else, and if it is as good in every respect that does not depend on
 * the link: the device's compute and the bytes; the worker's compute and the memory where the
 * objective mentions them; what latencies are made of where it mentions one; accuracy where that is
 * a target. It must also be there whenever the other is: without a link, or without a companion.
 */
final class FloorHypotheses {
  /** By so much the standing must differ that it is not the luck of the SELECT table. */
  private static final double CLEARLY = 0.5;

  /**
   * Standard errors of the CERTIFY table that a proof is likely to ask for. Who would not reach
   * them if the SELECT table were a standard error too low is not tried: what has no chance would
   * only make the proofs of a small table harder.
   */
  private static final double USUAL_CRITICAL = 2.8;

  /** From here on a plan is as good as proven. */
  private static final double SURE = 3;

  /**
   * With more plans than this, fewer differences count, but for those in targets: no hard limit.
   */
  private static final int MANY_PLANS = 640;

  /**
   * Within this share of it, plans are alike in a target; twice what the scheduler holds by
   * default.
   */
  private static final double TARGET_SLACK = 0.02;

  private static final double LEAST_SLACK = 0.02;

  /** Where accuracy is a target, plans are alike within this share of the samples. */
  private static final double ACCURACY_SLACK = 0.002;

  /** Plans that cost nothing in some respect are alike within this share of the mean cost. */
  private static final double OF_MEAN = 1e-3;

  private final Predictor predictor;
  private final Objective objective;
  private final List<Constraint> floors;
  private final List<Trait> hopeful = new ArrayList<>();
  private final List<Trait> certain = new ArrayList<>();
  private final boolean[] isTarget;

  /**
   * A plan as the SELECT table shows it.
   *
   * @param standing margin over its floors, in standard errors of the difference between the two
   *     tables; at most {@link #SURE}
   * @param errors share of wrong answers where accuracy is a target, otherwise 0
   * @param costs by respect
   */
  @SuppressWarnings("ArrayRecordComponent") // stays in this class
  private record Trait(
      int index,
      double standing,
      boolean local,
      boolean companion,
      double errors,
      double[] costs) {}

  private FloorHypotheses(Predictor predictor, Objective objective, List<Constraint> floors) {
    this.predictor = predictor;
    this.objective = objective;
    this.floors = floors;
    List<Metric> respects = respects();
    isTarget = new boolean[respects.size() + 3];
    for (int r = 0; r < respects.size(); r++) {
      Metric respect = respects.get(r);
      isTarget[r] = objective.targets().stream().map(Target::metric).anyMatch(respect::equals);
    }
    collect(respects);
  }

  /**
   * Returns the indices of the plans to test, ascending.
   *
   * @param floors of accuracy, at least one
   */
  static int[] of(Predictor predictor, Objective objective, List<Constraint> floors) {
    FloorHypotheses hypotheses = new FloorHypotheses(predictor, objective, floors);
    double slack = LEAST_SLACK;
    int[] chosen = hypotheses.chosen(slack);
    while (chosen.length > MANY_PLANS && slack < 1) {
      slack *= 2;
      chosen = hypotheses.chosen(slack);
    }
    return chosen;
  }

  /** Metrics that differ between plans whatever the link does and that the objective looks at. */
  private List<Metric> respects() {
    List<Metric> respects = new ArrayList<>();
    respects.add(Metric.of(Metric.Kind.DEVICE_COMPUTE));
    respects.add(Metric.of(Metric.Kind.UPLINK_BYTES));
    if (timed()
        || objective.mentions(Metric.Kind.WORKER_COMPUTE)
        || objective.mentions(Metric.Kind.THROUGHPUT)) {
      respects.add(Metric.of(Metric.Kind.WORKER_COMPUTE));
    }
    if (objective.mentions(Metric.Kind.DEVICE_MEMORY)) {
      respects.add(Metric.of(Metric.Kind.DEVICE_MEMORY));
    }
    return respects;
  }

  /** Whether it looks at a latency, or at energy, which waiting and sending take too. */
  private boolean timed() {
    return objective.mentions(Metric.Kind.LATENCY_PERCENTILE)
        || objective.mentions(Metric.Kind.MEAN_LATENCY)
        || objective.mentions(Metric.Kind.DEADLINE_MISSES)
        || objective.mentions(Metric.Kind.DEVICE_ENERGY);
  }

  private void collect(List<Metric> respects) {
    CalibrationTable select = predictor.facts().select();
    double provingFactor = errorFactor(predictor.facts().certify());
    double errorFactor = errorFactor(select) + provingFactor;
    Estimates any = Estimates.of(LinkState.UP, 1e6, 0, 0, 0, 1, 1, 0, 0);
    boolean timed = timed();
    boolean accurate =
        objective.targets().stream()
            .anyMatch(
                target -> target.maximise() && target.metric().kind() == Metric.Kind.ACCURACY);
    for (int index = 0; index < predictor.size(); index++) {
      double margin = Double.POSITIVE_INFINITY;
      for (Constraint floor : floors) {
        double of = floor.relativeToFinal() ? predictor.finalAccuracy() : 0;
        margin = Math.min(margin, predictor.accuracy(index) - of - floor.bound());
      }
      boolean identical =
          floors.stream().allMatch(Constraint::relativeToFinal)
              && Codecs.identical(predictor.plan(index));
      if (margin < 0 || (margin == 0 && !identical)) {
        continue;
      }
      Plan plan = predictor.plan(index);
      Outcome outcome = Outcome.of(predictor.facts(), select, plan, predictor.criterion());
      double variance = variance(select, outcome);
      double error = Math.sqrt(variance * errorFactor);
      if (!identical && margin + error < USUAL_CRITICAL * Math.sqrt(variance * provingFactor)) {
        continue;
      }
      double[] costs = new double[isTarget.length];
      for (int r = 0; r < respects.size(); r++) {
        costs[r] = predictor.value(index, respects.get(r), any);
      }
      if (timed) {
        latencyCosts(plan, outcome, costs, respects.size());
      }
      Trait trait =
          new Trait(
              index,
              Math.min(SURE, margin / error),
              !plan.usesCloud(),
              plan.usesCompanion(),
              accurate ? 1 - predictor.accuracy(index) : 0,
              costs);
      (identical ? certain : hopeful).add(trait);
    }
  }

  /** Of what a latency is made: the device's time, how much is sent, and how often. */
  private void latencyCosts(Plan plan, Outcome outcome, double[] costs, int first) {
    CostModel model = CostModel.of(predictor.facts(), plan);
    int samples = outcome.exit.length;
    double[] device = new double[samples];
    double bytes = 0;
    int sent = 0;
    for (int s = 0; s < samples; s++) {
      boolean stays = outcome.bytes[s] < 0;
      device[s] = stays ? model.deviceStop[outcome.exit[s]] : model.deviceSent;
      bytes += stays ? 0 : outcome.bytes[s];
      sent += stays ? 0 : 1;
    }
    costs[first] = QuickSelect.select(device, (int) Math.ceil(0.95 * samples) - 1);
    costs[first + 1] = sent == 0 ? 0 : bytes / sent;
    costs[first + 2] = (double) sent / samples;
  }

  /** Variance of a sample's score, the largest over the floors. */
  private double variance(CalibrationTable select, Outcome outcome) {
    int finalExit = predictor.facts().finalExit();
    int samples = outcome.right.length;
    int differ = 0;
    int wrong = 0;
    for (int s = 0; s < samples; s++) {
      differ += outcome.right[s] == select.correct(s, finalExit) ? 0 : 1;
      wrong += outcome.right[s] ? 0 : 1;
    }
    boolean relative = floors.stream().anyMatch(Constraint::relativeToFinal);
    boolean absolute = !floors.stream().allMatch(Constraint::relativeToFinal);
    int most = Math.max(relative ? differ : 0, absolute ? wrong : 0);
    return (most + 1.0) / samples;
  }

  /** Variance of a mean over that of a sample; those of a cluster are taken to correlate by 0.1. */
  private static double errorFactor(CalibrationTable table) {
    return (1 + 0.1 * (Clusters.of(table).meanSizeBySample() - 1)) / table.samples();
  }

  /** From the most certain to the boldest: who comes later must be cheaper somewhere. */
  private int[] chosen(double slack) {
    double[] means = new double[isTarget.length];
    for (Trait trait : hopeful) {
      for (int r = 0; r < means.length; r++) {
        means[r] += trait.costs[r] / hopeful.size();
      }
    }
    List<Trait> ordered = new ArrayList<>(hopeful);
    ordered.sort(
        Comparator.comparingDouble((Trait trait) -> -trait.standing)
            .thenComparing(trait -> !trait.local)
            .thenComparingDouble(trait -> relativeCost(trait, means))
            .thenComparingDouble(Trait::errors));
    List<Trait> kept = new ArrayList<>();
    for (Trait trait : ordered) {
      boolean beaten =
          kept.stream().anyMatch(other -> standsIn(other, trait, means, slack))
              || certain.stream().anyMatch(other -> asGood(other, trait, means, 0));
      if (!beaten) {
        kept.removeIf(other -> trait.standing == SURE && asGood(trait, other, means, 0));
        kept.add(trait);
      }
    }
    return kept.stream().mapToInt(Trait::index).sorted().toArray();
  }

  /** Whether one that is at least as certain makes another one needless. */
  private boolean standsIn(Trait one, Trait other, double[] means, double slack) {
    return asGood(one, other, means, slack)
        && (one.standing >= Math.min(SURE, other.standing + CLEARLY)
            || asGood(other, one, means, slack));
  }

  private static double relativeCost(Trait trait, double[] means) {
    return IntStream.range(0, means.length)
        .mapToDouble(r -> means[r] > 0 ? trait.costs[r] / means[r] : 0)
        .sum();
  }

  /**
   * Only a local plan can stand in for a local one, since the link may be down, and only one
   * without the companion for one without, since no worker may serve that.
   */
  private boolean asGood(Trait one, Trait other, double[] means, double slack) {
    if ((other.local && !one.local) || (one.companion && !other.companion)) {
      return false;
    }
    for (int r = 0; r < means.length; r++) {
      double allowed = isTarget[r] ? Math.min(slack, TARGET_SLACK) : slack;
      if (one.costs[r] > other.costs[r] * (1 + allowed) + (slack > 0 ? OF_MEAN * means[r] : 0)) {
        return false;
      }
    }
    return one.errors <= other.errors + (slack > 0 ? ACCURACY_SLACK : 0);
  }
}

package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The one plan that is best for a whole run, known beforehand: what no planner that may not change
 * its plan can beat. A yardstick, not a strategy.
 *
 * <p>Every plan is predicted under all the run's conditions at their central estimates. A latency
 * percentile is that of all answers together, each condition counting by its weight; a mean is
 * weighted likewise. While the link is not up nothing arrives: what a plan would send takes as long
 * as the caller waits, and neither bytes nor worker's time are spent. No latency counts for more
 * than that wait.
 *
 * <p>Accuracy floors need hold on the SELECT table only. Where no plan holds every constraint, as
 * in the {@code Scheduler} latency is kept first, then accuracy made as good as possible, then the
 * targets count; where none is in time, the one whose latency exceeds its bound least.
 */
public final class BestStatic implements Planner {
  /** A rate at which what is sent is never there while anybody waits. */
  private static final double NO_BYTES_PER_SECOND = 1e-6;

  private static final int QUANTILES = Predictor.MOST_ROWS;

  private final Objective objective;
  private final List<Spell> run;
  private final long giveUpNanos;
  private final Predictor predictor;
  private final double totalWeight;
  private final Forced forced;

  /**
   * Conditions that lasted for a part of the run.
   *
   * @param estimates the conditions
   * @param weight how much of the run they were, in any unit, positive and finite
   */
  public record Spell(Estimates estimates, double weight) {
    public Spell {
      if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("weight must be positive and finite: " + weight);
      }
    }
  }

  /**
   * Picks the plan. Takes time in proportion to plans and spells: like spells are best summed up.
   *
   * @param plans at least one
   * @param run at least one spell
   * @param giveUpNanos how long a caller waits for an answer, positive
   */
  public BestStatic(
      BundleFacts facts, List<Plan> plans, Objective objective, List<Spell> run, long giveUpNanos) {
    if (plans.isEmpty() || run.isEmpty() || giveUpNanos <= 0) {
      throw new IllegalArgumentException("a best plan needs plans, a run and patience");
    }
    this.objective = objective;
    this.run = List.copyOf(run);
    this.giveUpNanos = giveUpNanos;
    predictor = new Predictor(facts, plans, 0, 0);
    totalWeight = run.stream().mapToDouble(Spell::weight).sum();
    forced =
        new Forced(facts, predictor.plan(best()), "best fixed plan for the whole run in hindsight");
  }

  private int best() {
    List<Score> scores = new ArrayList<>();
    for (int plan = 0; plan < predictor.size(); plan++) {
      scores.add(new Score(plan));
    }
    List<Score> holding = scores.stream().filter(Score::holdsAll).toList();
    if (!holding.isEmpty()) {
      return holding.stream().min(Score.BY_TARGETS).orElseThrow().plan;
    }
    List<Score> timely = scores.stream().filter(score -> score.lateness <= 1).toList();
    if (!timely.isEmpty()) {
      double most = timely.stream().mapToDouble(score -> score.accuracy).max().orElseThrow();
      return timely.stream()
          .filter(score -> score.accuracy >= most)
          .min(Score.BY_TARGETS)
          .orElseThrow()
          .plan;
    }
    return scores.stream()
        .min(Comparator.comparingDouble((Score score) -> score.lateness))
        .orElseThrow()
        .plan;
  }

  /** What a plan does in the run. */
  private final class Score {
    /** By the targets in their order, then by accuracy. */
    static final Comparator<Score> BY_TARGETS =
        Comparator.<Score, double[]>comparing(score -> score.costs, Arrays::compare)
            .thenComparing(score -> -score.accuracy);

    final int plan;
    final double accuracy;

    /** Largest ratio of a latency to its bound; 0 without bounds. */
    final double lateness;

    final boolean holdsRest;
    final double[] costs;

    Score(int plan) {
      this.plan = plan;
      accuracy = predictor.accuracy(plan);
      boolean rest = true;
      double late = 0;
      for (Constraint constraint : objective.constraints()) {
        if (constraint.metric().kind() == Metric.Kind.ACCURACY) {
          double from = constraint.relativeToFinal() ? predictor.finalAccuracy() : 0;
          rest &= accuracy >= from + constraint.bound();
        } else {
          Optional<Constraint> latency = constraint.latencyBound();
          if (latency.isPresent()) {
            double value = value(plan, latency.get().metric());
            late = Math.max(late, value / Math.max(1, latency.get().bound()));
          } else {
            rest &= constraint.relativeExcess(value(plan, constraint.metric())) <= 0;
          }
        }
      }
      holdsRest = rest;
      lateness = late;
      costs = new double[objective.targets().size()];
      for (int i = 0; i < costs.length; i++) {
        Target target = objective.targets().get(i);
        costs[i] = target.cost(value(plan, target.metric()));
      }
    }

    boolean holdsAll() {
      return holdsRest && lateness <= 1;
    }
  }

  /**
   * Returns the chosen plan's value of a metric over the run, in the metric's base unit; what is
   * sent while the link is down counts as said above.
   */
  public double value(Metric metric) {
    Plan plan = forced.plan();
    return value(predictor.index(plan), metric);
  }

  private double value(int plan, Metric metric) {
    if (metric.kind() == Metric.Kind.LATENCY_PERCENTILE) {
      return percentile(plan, metric.percent());
    }
    double sum = 0;
    for (Spell spell : run) {
      sum += spell.weight() * value(plan, metric, spell.estimates());
    }
    return sum / totalWeight;
  }

  private double value(int plan, Metric metric, Estimates estimates) {
    if (metric.kind() == Metric.Kind.MEAN_LATENCY) {
      return Arrays.stream(quantiles(plan, estimates)).average().orElseThrow();
    }
    boolean spentInCloud =
        metric.kind() == Metric.Kind.WORKER_COMPUTE || metric.kind() == Metric.Kind.UPLINK_BYTES;
    return spentInCloud && estimates.link() != LinkState.UP
        ? 0
        : predictor.value(plan, metric, estimates);
  }

  private record Weighted(double nanos, double weight) {}

  private double percentile(int plan, double percent) {
    List<Weighted> all = new ArrayList<>();
    for (Spell spell : run) {
      for (double nanos : quantiles(plan, spell.estimates())) {
        all.add(new Weighted(nanos, spell.weight() / QUANTILES));
      }
    }
    all.sort(Comparator.comparingDouble(Weighted::nanos));
    double wanted = percent / 100 * totalWeight * (1 - 1e-9);
    double reached = 0;
    for (Weighted sample : all) {
      reached += sample.weight();
      if (reached >= wanted) {
        return sample.nanos();
      }
    }
    return all.get(all.size() - 1).nanos();
  }

  /** Returns as many evenly spaced quantiles of the latency as rows are replayed at most. */
  private double[] quantiles(int plan, Estimates estimates) {
    LatencyDistribution latency = predictor.predict(plan, reached(estimates)).latency();
    double[] quantiles = new double[QUANTILES];
    for (int i = 0; i < QUANTILES; i++) {
      quantiles[i] = Math.min(giveUpNanos, latency.percentileNanos((i + 0.5) / QUANTILES * 100));
    }
    return quantiles;
  }

  /* Where nothing arrives, what the device does alone still takes its time, queues included. */
  private static Estimates reached(Estimates estimates) {
    return estimates.link() == LinkState.UP
        ? estimates
        : Estimates.of(
            estimates.link(),
            NO_BYTES_PER_SECOND,
            0,
            estimates.roundTripNanos(),
            0,
            estimates.deviceScale(),
            estimates.workerScale(),
            estimates.workerQueueNanos(),
            estimates.framePeriodNanos());
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return forced.decide(estimates, current, nowNanos);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return forced.wouldKeep(current, imagined);
  }
}

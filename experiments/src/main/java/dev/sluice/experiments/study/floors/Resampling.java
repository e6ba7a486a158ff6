package dev.sluice.experiments.study.floors;

import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.ExitReplay;
import dev.sluice.scheduler.predict.FloorProof;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/**
 * Draws certification tables from a pool, drive by drive and with replacement, proves floors on
 * each and looks in the pool whether they hold. Immutable; questions may be asked by several
 * threads.
 */
final class Resampling {
  private final BundleFacts facts;
  private final List<Plan> plans;
  private final SchedulerOptions options;
  private final CalibrationTable pool;
  private final double[] truth;
  private final double deviceScale;
  private final long framePeriodNanos;

  /**
   * Prepares resamplings.
   *
   * @param plans all candidates
   * @param options of the scheduler whose choices are looked at
   * @param pool the whole world, as a table
   * @param deviceScale device's time over the profile's
   * @param framePeriodNanos time between frames
   */
  Resampling(
      BundleFacts facts,
      List<Plan> plans,
      SchedulerOptions options,
      CalibrationTable pool,
      double deviceScale,
      long framePeriodNanos) {
    this.facts = facts;
    this.plans = List.copyOf(plans);
    this.options = options;
    this.pool = pool;
    this.deviceScale = deviceScale;
    this.framePeriodNanos = framePeriodNanos;
    truth = new double[plans.size()];
    for (int plan = 0; plan < truth.length; plan++) {
      truth[plan] = ExitReplay.difference(facts, pool, plans.get(plan));
    }
  }

  /** Returns what predicts all plans as the scheduler would for a question, in their order. */
  Predictor predictor(Question question) {
    return new Predictor(
        facts,
        plans,
        options.rateSds(),
        options.roundTripSds(),
        Optional.empty(),
        options.device().serving(question.objective()));
  }

  /**
   * Asks one question of many tables.
   *
   * @param conditions under which plans are chosen
   * @param drives in each table
   * @param count of the tables
   */
  Findings ask(
      Question question,
      List<Condition> conditions,
      int drives,
      int count,
      SplittableRandom random) {
    Predictor predictor = predictor(question);
    FloorProof proof = FloorProof.of(predictor, question.objective());
    FloorProof.Evidence evidence = proof.evidence(pool);
    List<Tally> tallies = new ArrayList<>();
    for (Condition condition : conditions) {
      tallies.add(
          new Tally(
              condition,
              question,
              predictor,
              new Ranking(
                  predictor,
                  question,
                  condition.estimates(deviceScale, framePeriodNanos),
                  options.latencyHeadroom())));
    }
    int[] tested = proof.tested();
    int[] drawn = new int[drives];
    long proven = 0;
    double critical = 0;
    int broken = 0;
    for (int table = 0; table < count; table++) {
      for (int d = 0; d < drives; d++) {
        drawn[d] = random.nextInt(evidence.sequences());
      }
      FloorProof.Proven result = evidence.prove(drawn);
      critical += result.criticalValue() / count;
      boolean anyBroken = false;
      for (int plan : tested) {
        if (result.holds(plan)) {
          proven++;
          anyBroken |= breaks(plan, question);
        }
      }
      broken += anyBroken ? 1 : 0;
      tallies.forEach(tally -> tally.add(result));
    }
    return new Findings(
        question,
        drives,
        count,
        tested.length,
        (double) proven / count,
        critical,
        (double) broken / count,
        tallies.stream().map(tally -> tally.choices(count)).toList());
  }

  private boolean breaks(int plan, Question question) {
    return truth[plan] < question.floor();
  }

  /** Counts choices under one condition. */
  private final class Tally {
    private final Condition condition;
    private final Question question;
    private final Predictor predictor;
    private final Ranking ranking;
    private int nothing;
    private int broken;
    private double cost;

    Tally(Condition condition, Question question, Predictor predictor, Ranking ranking) {
      this.condition = condition;
      this.question = question;
      this.predictor = predictor;
      this.ranking = ranking;
    }

    void add(FloorProof.Proven proven) {
      OptionalInt chosen = ranking.choose(proven::gap);
      if (chosen.isEmpty()) {
        nothing++;
        return;
      }
      broken += breaks(chosen.getAsInt(), question) ? 1 : 0;
      cost += ranking.cost(chosen.getAsInt());
    }

    Findings.Choices choices(int count) {
      double floor = question.floor();
      OptionalInt uncertified =
          ranking.choose(plan -> floor - (predictor.accuracy(plan) - predictor.finalAccuracy()));
      OptionalInt best = ranking.choose(plan -> floor - truth[plan]);
      return new Findings.Choices(
          condition,
          (double) nothing / count,
          (double) broken / count,
          nothing == count ? Double.NaN : cost / (count - nothing),
          uncertified.isEmpty() ? Double.NaN : ranking.cost(uncertified.getAsInt()),
          uncertified.isEmpty() ? Double.NaN : truth[uncertified.getAsInt()],
          best.isEmpty() ? Double.NaN : ranking.cost(best.getAsInt()));
    }
  }

  /** Returns the facts that plans are ranked by. */
  BundleFacts facts() {
    return facts;
  }
}

package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bounds against the replay that they save. */
class UnqueuedTest {
  private static final long MS = 1_000_000;
  private static final int SAMPLES = 300;
  private static final double[] AT_RANDOM = FrameTimes.typical(SAMPLES);

  private static Estimates estimates(Random random, long periodNanos) {
    return Estimates.of(
        LinkState.UP,
        Math.exp(9 + 6 * random.nextDouble()),
        0,
        (long) (random.nextDouble() * 60 * MS),
        0,
        5 + 30 * random.nextDouble(),
        1 + random.nextDouble(),
        MS,
        periodNanos);
  }

  /** Deadlines that rescue nobody, some that do, and frames that never, seldom and often meet. */
  @ParameterizedTest
  @ValueSource(longs = {0, 40, 150, 400})
  void boundsAreNeverOnTheWrongSideOfTheReplay(long periodMs) {
    Random random = new Random(periodMs);
    BundleFacts facts =
        SyntheticFacts.of(
            new SyntheticFacts.Shape(4, List.of(1, 2), SAMPLES, 10, 6_000_000, false), 3);
    List<Plan> plans =
        CandidatePlans.sluice(facts).stream().flatMap(chain -> chain.plans().stream()).toList();
    DeviceModel device =
        DeviceModel.DEFAULT
            .goingOn(random.nextBoolean())
            .answering(periodMs == 150 ? Rescue.before(200 * MS) : Rescue.NONE);
    Predictor predictor = new Predictor(facts, plans, 1, 2, Optional.empty(), device);
    int[] rows = IntStream.range(0, SAMPLES).toArray();
    Certificate certificate = new Certificate(facts.certify());
    int close = 0;
    int spared = 0;
    for (int i = 0; i < plans.size(); i += 3) {
      double cv = i % 2 == 0 ? 0 : random.nextInt(1, 5) / 4.0;
      Estimates estimates = estimates(random, periodMs * MS).withFramePeriodCv(cv);
      Replay.Conditions met =
          new Replay.Conditions(
              estimates.uplinkBytesPerSecond() / 1e9,
              estimates.roundTripNanos(),
              WorkerWait.of(estimates, (double) facts.workerProfile().networkNanos(), 1),
              estimates.deviceScale(),
              estimates.workerScale(),
              estimates.framePeriodNanos(),
              device.rescue(),
              device.goesOn(),
              FrameTimes.of(estimates.framePeriodCv(), AT_RANDOM));
      Behaviour plan =
          Behaviour.of(
              facts,
              plans.get(i),
              rows,
              new Shipment(SAMPLES),
              new byte[0],
              facts.lastCut(),
              certificate,
              Optional.empty());
      double[] latency = new double[SAMPLES];
      double[] uncut = new double[SAMPLES];
      Replay.run(
          plan,
          met,
          met.periodNanos(),
          plan.shipment.transferNanos(met),
          latency,
          uncut,
          Double.POSITIVE_INFINITY,
          SAMPLES);
      String what = plans.get(i).describe() + " under " + estimates;

      double[] sorted = latency.clone();
      Arrays.sort(sorted);
      for (double percent : new double[] {50, 90, 95, 100}) {
        double value = sorted[LatencyDistribution.rank(percent, SAMPLES)];
        double most = predictor.atMost(i, Metric.latencyPercentile(percent), estimates);
        assertThat(value).as("p%s of %s", percent, what).isLessThanOrEqualTo(most);
        close += most < value * 1.1 ? 1 : 0;
      }
      if (cv == 0) {
        Metric mean = Metric.of(Metric.Kind.MEAN_LATENCY);
        assertThat(Arrays.stream(latency).sum() / SAMPLES)
            .as(what)
            .isLessThanOrEqualTo(predictor.atMost(i, mean, estimates));
      }
      for (int row = 0; row < SAMPLES; row++) {
        if (plan.sends(row)) {
          assertThat(latency[row]).as(what).isGreaterThanOrEqualTo(Unqueued.leastSent(plan, met));
        }
      }
      for (double deadline : new double[] {60 * MS, 150 * MS, 600 * MS}) {
        assertThat(predictor.lateLoss(i, deadline, estimates, 1))
            .as("late by %s ns: %s", deadline, what)
            .isEqualTo(lateLoss(facts, plan, uncut, deadline, estimates));
        spared += Unqueued.leastSent(plan, met) > deadline ? 1 : 0;
      }
    }
    assertThat(close).as("bounds that tell something").isGreaterThan(plans.size() / 20);
    assertThat(spared).as("plans whose replies are all late").isGreaterThan(plans.size() / 50);
  }

  private static double lateLoss(
      BundleFacts facts, Behaviour plan, double[] latency, double deadline, Estimates estimates) {
    int fallback = plan.costs.fallbackExit(deadline / estimates.deviceScale(), true);
    int lost = 0;
    for (int row = 0; row < SAMPLES; row++) {
      if (latency[row] > deadline) {
        double begun = latency[row] / estimates.deviceScale() - plan.deviceNanos(row);
        int exit =
            plan.sends(row)
                ? fallback
                : estimates.framePeriodCv() == 0
                    ? plan.costs.askedBy(deadline / estimates.deviceScale() - begun)
                    : plan.costs.reachedBy(deadline / estimates.deviceScale() - begun);
        lost += plan.right(row) ? 1 : 0;
        lost -= exit >= 0 && facts.select().correct(row, exit) ? 1 : 0;
      }
    }
    return Math.max(0, (double) lost / SAMPLES);
  }

  /** The same of the mean where the device may answer before the reply comes. */
  @ParameterizedTest
  @ValueSource(longs = {0, 40, 150, 400})
  void aMeanWithHedgesIsNeverBeyondItsBounds(long periodMs) {
    Random random = new Random(periodMs + 1);
    BundleFacts facts =
        SyntheticFacts.of(
            new SyntheticFacts.Shape(4, List.of(1, 2), SAMPLES, 10, 6_000_000, false), 4);
    List<Plan> plans =
        CandidatePlans.sluice(facts).stream().flatMap(chain -> chain.plans().stream()).toList();
    Predictor predictor =
        new Predictor(
            facts,
            plans,
            1,
            2,
            Optional.empty(),
            DeviceModel.DEFAULT.answering(Rescue.before(200 * MS)));
    Predictor waits =
        new Predictor(
            facts,
            plans,
            1,
            2,
            Optional.empty(),
            DeviceModel.DEFAULT.goingOn(false).answering(Rescue.before(200 * MS)));
    Metric mean = Metric.of(Metric.Kind.MEAN_LATENCY);
    double[] least = new double[plans.size()];
    int sooner = 0;
    for (int round = 0; round < 20; round++) {
      Estimates estimates = estimates(random, periodMs * MS);
      predictor.atLeast(mean, estimates, least);
      for (int i = 0; i < plans.size(); i += 3) {
        double value = predictor.value(i, mean, estimates);
        String which = plans.get(i).describe() + " under " + estimates;
        assertThat(value).as(which).isGreaterThanOrEqualTo(least[i]);
        assertThat(value).as(which).isLessThanOrEqualTo(predictor.atMost(i, mean, estimates));
        sooner += value < waits.value(i, mean, estimates) - MS ? 1 : 0;
      }
    }
    assertThat(sooner).as("plans whose hedges count").isPositive();
  }
}

package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.WorkerLoad;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArrivalsTest {
  private static final long MS = 1_000_000;
  private static final BundleFacts FACTS =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 300, 10, 6_000_000, false), 2);
  private static final List<Plan> PLANS =
      CandidatePlans.sluice(FACTS).stream().flatMap(chain -> chain.plans().stream()).toList();

  /** A pace taken from a throughput may be a nanosecond off. */
  private static final Percentage NANOSECOND = Percentage.withPercentage(1e-3);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "p95_latency <= 60 s; maximise throughput, then minimise device_compute | CLOSED",
        "maximise throughput | CLOSED",
        "throughput >= 5 fps; minimise latency, maximise throughput | OPEN",
        "throughput >= 5 fps; minimise worker_compute | OPEN",
        "accuracy >= final | OPEN"
      })
  void onlyWhoWantsThroughputBeforeAllElseTakesThePaceFromThePlan(
      String objective, Arrivals expected) throws Exception {
    assertThat(Arrivals.of(Objective.parse(objective))).isEqualTo(expected);
  }

  /** With the link known for certain, so that one pace holds for all figures. */
  private static Estimates estimates(long seed, long periodNanos, double passOdds) {
    Random random = new Random(seed);
    return new Estimates(
            LinkState.UP,
            Math.exp(9 + 5 * random.nextDouble()),
            0,
            (long) (random.nextDouble() * 60 * MS),
            0,
            5 + 30 * random.nextDouble(),
            1 + random.nextDouble(),
            2 * MS,
            periodNanos,
            0,
            WorkerLoad.UNTOLD)
        .withPassOdds(passOdds);
  }

  private static Predictor closed() {
    return new Predictor(
        FACTS, PLANS, 1, 2, Optional.empty(), DeviceModel.DEFAULT, Arrivals.CLOSED);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aClosedSourceIsAnOpenOneAtThePaceOfThePlan(long seed) {
    Predictor closed = closed();
    Predictor open = new Predictor(FACTS, PLANS, 1, 2);
    long measured = 40 * MS;
    double odds = seed == 3 ? 1.7 : 1;
    Estimates estimates = estimates(seed, measured, odds);
    int slower = 0;
    for (int i = 0; i < PLANS.size(); i += 7) {
      double slowest = 1e9 / open.predict(i, estimates).throughputFramesPerSecond();
      long own = Math.max(measured, (long) Math.ceil(slowest / 0.9));
      slower += own > measured ? 1 : 0;

      Prediction prediction = closed.predict(i, estimates);

      assertThat(prediction.overloaded()).isFalse();
      assertThat(closed.overloaded(i, estimates)).isFalse();
      Prediction paced = open.predict(i, estimates(seed, own, odds));
      assertThat(prediction.deviceUtilisation()).isCloseTo(paced.deviceUtilisation(), NANOSECOND);
      assertThat(prediction.uplinkUtilisation()).isCloseTo(paced.uplinkUtilisation(), NANOSECOND);
      assertThat(prediction.uplinkBytesPerMonth())
          .isCloseTo(paced.uplinkBytesPerMonth(), NANOSECOND);
      assertThat((double) prediction.p95LatencyNanos())
          .isCloseTo((double) paced.p95LatencyNanos(), NANOSECOND);
      assertThat(prediction.meanLatencyNanos()).isCloseTo(paced.meanLatencyNanos(), NANOSECOND);
      assertThat(prediction.deviceEnergy().totalJoules())
          .isCloseTo(paced.deviceEnergy().totalJoules(), NANOSECOND);
    }
    assertThat(slower).as("plans slower than the frames").isGreaterThan(PLANS.size() / 70);
  }

  @Test
  void writesOfAllPlansWhatItSaysOfEachAndStaysBelowTheirLatencies() {
    Predictor closed = closed();
    Estimates estimates = estimates(4, 40 * MS, 1);
    double[] utilisations = new double[PLANS.size()];
    double[] least = new double[PLANS.size()];
    Metric p90 = Metric.latencyPercentile(90);

    closed.utilisations(estimates, utilisations);
    closed.atLeast(p90, estimates, least);

    for (int i = 0; i < PLANS.size(); i += 5) {
      assertThat(utilisations[i]).isEqualTo(closed.utilisation(i, estimates));
      assertThat(closed.value(i, p90, estimates)).isGreaterThanOrEqualTo(least[i]);
    }
  }

  @Test
  void framesOfUnknownPeriodStillNeverMeet() {
    Estimates never = estimates(5, 0, 1);
    assertThat(closed().predict(0, never))
        .isEqualTo(new Predictor(FACTS, PLANS, 1, 2).predict(0, never));
  }
}

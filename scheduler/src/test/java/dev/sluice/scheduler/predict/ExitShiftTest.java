package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExitShiftTest {
  private static final long MS = 1_000_000;
  private static final BundleFacts FACTS = SyntheticFacts.of(5);
  private static final Plan SPLIT =
      new Plan(3, "klt-s1.0", List.of(new ExitThreshold(0, 0.8), new ExitThreshold(1, 0.8)));
  private static final Plan LOCAL = Plan.local(FACTS.lastCut(), List.of(new ExitThreshold(1, 0.8)));

  private final Predictor predictor = new Predictor(FACTS, List.of(SPLIT, LOCAL), 1, 1);

  private static Estimates odds(double passOdds) {
    return Estimates.of(LinkState.UP, 250_000, 0.1, 30 * MS, 2 * MS, 15, 1, MS, 400 * MS)
        .withPassOdds(passOdds);
  }

  /* Four of ten are sent: odds of 2 to 3. Twice that is 4 to 3. */
  @Test
  void doublesTheOddsOfBeingSent() {
    ExitShift shift = ExitShift.of(0.4, 2);
    assertThat(0.4 * shift.sentWeight()).isCloseTo(4.0 / 7, within(1e-12));
    assertThat(0.6 * shift.stayWeight()).isCloseTo(3.0 / 7, within(1e-12));
  }

  @Test
  void weighsSamplesByWhetherTheyAreSent() {
    ExitShift shift = ExitShift.of(0.5, 3);
    double[] values = {10, 20, 30, 40};
    IntPredicate sent = i -> i % 2 == 1;
    // Weights 1/2, 3/2, 1/2, 3/2.
    assertThat(shift.mean(values, sent)).isCloseTo((10 + 60 + 30 + 120) / 8.0, within(1e-12));
    assertThat(shift.quantile(values, sent, 0.5)).isEqualTo(20);
    assertThat(shift.quantile(values, sent, 0.51)).isEqualTo(30);
    assertThat(shift.quantile(values, sent, 1)).isEqualTo(40);
    assertThat(shift.spread(values, sent)).containsExactly(10, 20, 30, 40);
    assertThat(ExitShift.of(0.5, 100).spread(values, sent)).containsExactly(20, 20, 40, 40);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 1, 1.5, 8, 50})
  void predictsTheSharesAndCostsThatFollowFromTheOdds(double odds) {
    Prediction before = predictor.predict(0, odds(1));
    Prediction after = predictor.predict(0, odds(odds));
    double sent = before.offloadedShare();
    double wanted = odds * sent / (1 - sent + odds * sent);
    assertThat(after.offloadedShare()).isCloseTo(wanted, within(1e-9));
    assertThat(after.uplinkBytes()).isCloseTo(before.uplinkBytes() * wanted / sent, within(1e-6));
    assertThat(after.workerComputeNanos())
        .isCloseTo(before.workerComputeNanos() * wanted / sent, within(1e-3));
    assertThat(after.accuracy()).isEqualTo(before.accuracy());
    assertThat(after.accuracyLowerBound()).isEqualTo(before.accuracyLowerBound());
    Metric p90 = Metric.latencyPercentile(90);
    double[] least = new double[predictor.size()];
    predictor.atLeast(p90, odds(odds), least);
    assertThat(predictor.value(0, p90, odds(odds))).isGreaterThanOrEqualTo(least[0]);
  }

  @Test
  void theMoreFramesPassTheMoreEverythingCosts() {
    double[] last = new double[6];
    for (double odds : new double[] {0.05, 0.3, 1, 2, 10, 50}) {
      Estimates e = odds(odds);
      double[] now = {
        predictor.value(0, Metric.of(Metric.Kind.DEVICE_COMPUTE), e),
        predictor.value(0, Metric.of(Metric.Kind.WORKER_COMPUTE), e),
        predictor.value(0, Metric.of(Metric.Kind.MEAN_LATENCY), e),
        predictor.value(0, Metric.latencyPercentile(80), e),
        predictor.value(0, Metric.deadlineMisses(150 * MS), e),
        predictor.utilisation(0, e)
      };
      for (int i = 0; i < now.length; i++) {
        assertThat(now[i]).as("%d at %s", i, odds).isGreaterThanOrEqualTo(last[i]);
      }
      last = now;
    }
  }

  @Test
  void plansThatSendNothingDoNotFollow() {
    Prediction before = predictor.predict(1, odds(1));
    Prediction after = predictor.predict(1, odds(10));
    assertThat(after.deviceComputeNanos()).isEqualTo(before.deviceComputeNanos());
    assertThat(after.meanLatencyNanos()).isEqualTo(before.meanLatencyNanos());
  }

  @Test
  void refusesOddsThatAreNone() {
    for (double odds : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> odds(odds)).hasMessageContaining("passOdds");
    }
    assertThatThrownBy(() -> odds(1).withSwitchNanos(-1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(Arrays.asList(odds(1).passOdds(), odds(1).withSwitchNanos(3).passOdds()))
        .containsOnly(1.0);
  }
}

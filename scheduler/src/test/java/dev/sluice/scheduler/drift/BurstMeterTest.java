package dev.sluice.scheduler.drift;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BurstMeterTest {
  @Test
  void staysNearOneForIndependentAnswers() {
    assertThat(ratio(1, 100_000, 0)).isBetween(1.0, 1.5);
  }

  /** Every number comes so often in a row: the variance of a long mean is as many times greater. */
  @ParameterizedTest
  @ValueSource(ints = {4, 16, 50, 200})
  void findsHowManyTimesTheVarianceIsGreater(int repeats) {
    assertThat(ratio(repeats, 200_000, 0)).isBetween(0.8 * repeats, 1.7 * repeats);
  }

  @Test
  void hardlySeesALastingShift() {
    assertThat(ratio(1, 200_000, 1)).isLessThan(3);
  }

  @Test
  void saysNothingBeforeItHasSeenEnough() {
    BurstMeter meter = new BurstMeter();
    for (int i = 0; i < 31; i++) {
      meter.add(1000 * (i % 2));
    }
    assertThat(meter.ratio()).isEqualTo(1);
  }

  private static double ratio(int repeats, int answers, double shiftInTheMiddle) {
    SplittableRandom random = new SplittableRandom(repeats);
    BurstMeter meter = new BurstMeter();
    double score = 0;
    for (int i = 0; i < answers; i++) {
      score = i % repeats == 0 ? random.nextGaussian() : score;
      meter.add(score + (i > answers / 2 ? shiftInTheMiddle : 0));
    }
    return meter.ratio();
  }
}

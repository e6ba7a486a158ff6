package dev.sluice.scheduler.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.apache.commons.math3.stat.descriptive.moment.Mean;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScaleEstimatorTest {
  private static final long MS = 1_000_000;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void followsADeviceThatThrottlesToHalfItsSpeedWithinAMinute(long seed) {
    Random random = new Random(seed);
    ScaleEstimator scale = new ScaleEstimator();
    double factor = 1;
    // Five frames a second of three stages each, with 5 % noise; a stall now and then.
    for (int frame = 0; frame < 500; frame++) {
      double seconds = frame / 5.0;
      factor = seconds < 20 ? 1 : Math.min(2, Math.pow(2, (seconds - 20) / 60));
      for (int stage = 1; stage <= 3; stage++) {
        double stall = random.nextInt(300) == 0 ? 30 : 1;
        double nanos = stage * MS * factor * stall * (1 + 0.05 * random.nextGaussian());
        scale.observe(Math.round(nanos), stage * MS);
      }
      if (seconds > 3) {
        assertThat(scale.scale())
            .as("seed %d, %s s", seed, seconds)
            .isCloseTo(factor, Percentage.withPercentage(10));
      }
    }
    assertThat(factor).isEqualTo(2);
  }

  @Test
  void leavesOutTheFirstSlowRuns() {
    ScaleEstimator scale = new ScaleEstimator();
    scale.observe(900 * MS, 10 * MS);
    scale.observe(400 * MS, 10 * MS);
    for (int i = 0; i < 3; i++) {
      scale.observe(20 * MS, 10 * MS);
    }
    assertThat(scale.scale()).isCloseTo(2, within(1e-9));
  }

  @Test
  void isNotMovedByOneOutlierAndFollowsAStep() {
    ScaleEstimator scale = new ScaleEstimator();
    for (int i = 0; i < 20; i++) {
      scale.observe(10 * MS, 10 * MS);
    }
    scale.observe(5000 * MS, 10 * MS);
    assertThat(scale.scale()).isCloseTo(1, within(1e-9));
    for (int i = 0; i < 25; i++) {
      scale.observe(30 * MS, 10 * MS);
    }
    assertThat(scale.scale()).isCloseTo(3, Percentage.withPercentage(10));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 40, 200})
  void knowsHowFarItMayBeOff(int samples) {
    Random random = new Random(samples);
    StandardDeviation off = new StandardDeviation();
    Mean said = new Mean();
    for (int run = 0; run < 2000; run++) {
      ScaleEstimator scale = new ScaleEstimator();
      for (int i = 0; i < samples; i++) {
        scale.observe(Math.round(10 * MS * Math.exp(0.05 * random.nextGaussian())), 10 * MS);
      }
      off.increment(Math.log(scale.scale()));
      said.increment(scale.sd() * scale.sd());
    }
    // A median deviation of three or four samples tells little, and errs on both sides.
    assertThat(Math.sqrt(said.getResult()))
        .isCloseTo(off.getResult(), Percentage.withPercentage(samples < 10 ? 40 : 10));
    assertThat(new ScaleEstimator().sd()).isZero();
  }

  @Test
  void isLessSureOfADeviceThatThrottles() {
    ScaleEstimator steady = new ScaleEstimator();
    ScaleEstimator throttling = new ScaleEstimator();
    for (int i = 0; i < 200; i++) {
      steady.observe(10 * MS, 10 * MS);
      throttling.observe(Math.round(10 * MS * Math.pow(1.02, i)), 10 * MS);
    }
    assertThat(steady.sd()).isLessThan(1e-6);
    assertThat(throttling.sd()).isGreaterThan(0.02);
  }

  @Test
  void ignoresTimesThatCannotBe() {
    ScaleEstimator scale = new ScaleEstimator();
    scale.observe(0, 10 * MS);
    scale.observe(-5, 10 * MS);
    scale.observe(10 * MS, 0);
    scale.observe(10 * MS, -1);
    scale.observe(Long.MAX_VALUE, 1);
    assertThat(scale.known()).isFalse();
    assertThat(scale.scale()).isEqualTo(1);
  }
}

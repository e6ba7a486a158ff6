package dev.sluice.training.quantise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RangeMethodTest {
  /** A bell of 100,000 values with a few far out, as activations have them. */
  private static float[] withOutliers(boolean positive) {
    Random random = new Random(11);
    float[] values = new float[100_000];
    for (int i = 0; i < values.length; i++) {
      float value = (float) random.nextGaussian();
      values[i] = positive ? Math.max(0, value) : value;
    }
    values[7] = 40;
    return values;
  }

  private static Histogram histogram(float[] values) {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    Histogram histogram = new Histogram(least, most);
    histogram.add(values, values.length);
    return histogram;
  }

  private static double squaredError(Grid grid, float[] values) {
    double error = 0;
    for (float value : values) {
      double off = grid.value(grid.quantise(value)) - value;
      error += off * off;
    }
    return error / values.length;
  }

  @Test
  void minMaxClipsNothing() {
    float[] values = withOutliers(false);
    Grid grid = RangeMethod.MIN_MAX.grid(histogram(values));

    assertThat(grid.most()).isGreaterThanOrEqualTo(40 - grid.scale());
  }

  @ParameterizedTest
  @EnumSource(
      value = RangeMethod.class,
      names = {"PERCENTILE", "SQUARED_ERROR", "ENTROPY"})
  void allOthersCutAFewValuesOffThatLieFarOut(RangeMethod method) {
    for (boolean positive : new boolean[] {false, true}) {
      Grid grid = method.grid(histogram(withOutliers(positive)));

      assertThat(grid.most()).as("%s %s", method, positive).isBetween(1.5f, 39f);
      assertThat(grid.zeroPoint() == 0).isEqualTo(positive);
    }
  }

  @Test
  void squaredErrorIsNeverWorseThanKeepingAll() {
    float[] values = withOutliers(false);
    Histogram seen = histogram(values);

    assertThat(squaredError(RangeMethod.SQUARED_ERROR.grid(seen), values))
        .isLessThanOrEqualTo(squaredError(RangeMethod.MIN_MAX.grid(seen), values));
  }

  @ParameterizedTest
  @EnumSource(RangeMethod.class)
  void takeATensorThatNeverChanges(RangeMethod method) {
    Histogram three = new Histogram(3, 3);
    three.add(new float[] {3, 3, 3}, 3);
    Histogram zero = new Histogram(0, 0);
    zero.add(new float[5], 5);

    assertThat(method.grid(three).quantise(0)).isZero();
    assertThat(method.grid(zero).quantise(0)).isZero();
  }
}

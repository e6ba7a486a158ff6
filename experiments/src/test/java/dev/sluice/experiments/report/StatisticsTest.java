package dev.sluice.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatisticsTest {
  /** Three significant digits of the histogram. */
  private static final double HISTOGRAM_ERROR = 2e-3;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void percentilesAgreeWithSorting(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Percentiles percentiles = new Percentiles();
    long[] values = random.longs(999, 1_000, 2_000_000_000L).toArray();
    for (long value : values) {
      percentiles.add(value);
    }
    Arrays.sort(values);

    for (double percent : new double[] {50, 90, 95, 99}) {
      long wanted = values[(int) Math.ceil(percent / 100 * values.length) - 1];
      assertThat((double) percentiles.at(percent))
          .as("seed %d, p%s", seed, percent)
          .isCloseTo(wanted, within(HISTOGRAM_ERROR * wanted));
    }
    assertThat(percentiles.count()).isEqualTo(999);
  }

  @Test
  void percentilesOfNothingAreZero() {
    assertThat(new Percentiles().at(95)).isZero();
  }

  @Test
  void medianOfAnEvenNumberIsTheMeanOfTheMiddleTwoAndLeavesTheOrder() {
    double[] values = {9, 1, 3, 5};

    assertThat(Interval.median(values)).isEqualTo(4);
    assertThat(values).containsExactly(9, 1, 3, 5);
  }

  @Test
  void medianRatioOfProportionalSeriesHasNoSpread() {
    double[] below = {10, 11, 12, 13, 14};
    double[] above = Arrays.stream(below).map(x -> 1.5 * x).toArray();

    Interval ratio = Interval.ofMedianRatio(above, below, 500, 1);

    assertThat(ratio.value()).isEqualTo(1.5, within(1e-12));
    assertThat(ratio.low()).isEqualTo(1.5, within(1e-12));
    assertThat(ratio.high()).isEqualTo(1.5, within(1e-12));
  }

  @Test
  void medianRatioIsTheSameForTheSameSeed() {
    double[] above = new SplittableRandom(5).doubles(40, 1, 2).toArray();
    double[] below = new SplittableRandom(6).doubles(40, 1, 2).toArray();

    Interval first = Interval.ofMedianRatio(above, below, 300, 9);

    assertThat(Interval.ofMedianRatio(above, below, 300, 9)).isEqualTo(first);
    assertThat(first.low()).isLessThanOrEqualTo(first.value());
    assertThat(first.high()).isGreaterThanOrEqualTo(first.value());
  }

  @Test
  void pairedAccuracyAgreesWithAWorkedExample() {
    // 5000 samples, 30 only right by the first, 70 only by the second: -0.8 points.
    Interval difference = Interval.ofPairedAccuracy(30, 70, 5000);

    assertThat(difference.value()).isEqualTo(-0.8, within(1e-9));
    assertThat(difference.low()).isEqualTo(-1.191, within(1e-3));
    assertThat(difference.high()).isEqualTo(-0.409, within(1e-3));
  }

  @Test
  void boundsReadAsTheyAreWritten() {
    for (String text : new String[] {"<= 1.05", ">= -1", "= 0", "> 12", "< 0.5"}) {
      assertThat(Bound.parse(text)).hasToString(text);
    }
    assertThat(Bound.parse("<=1.05").holds(1.05)).isTrue();
    assertThat(Bound.parse("< 1.05").holds(1.05)).isFalse();
    assertThat(Bound.parse("> 1").holds(Double.NaN)).isFalse();
    assertThatThrownBy(() -> Bound.parse("about 3")).hasMessageContaining("about 3");
  }
}

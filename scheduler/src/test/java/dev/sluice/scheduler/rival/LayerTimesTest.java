package dev.sluice.scheduler.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.rival.LayerTimes.Sample;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerTimesTest {
  /** Laws are met but for rounding in the least squares. */
  private static final double TOLERANCE = 1e-3;

  @Test
  void findsALinearLawOfTwoSizesPerKind() {
    List<Sample> samples = new ArrayList<>();
    for (double input : new double[] {1e3, 5e3, 2e4, 1e5}) {
      for (double work : new double[] {1e6, 3e6, 2e8}) {
        samples.add(new Sample("conv", List.of(input, work), 5e4 + 3 * input + 0.02 * work));
        samples.add(new Sample("fc", List.of(input), 7 * input));
      }
    }

    LayerTimes times = LayerTimes.fit(samples);

    assertThat(times.nanos("conv", List.of(4e4, 5e7)))
        .isCloseTo(5e4 + 12e4 + 1e6, within(TOLERANCE));
    assertThat(times.nanos("fc", List.of(300.0))).isCloseTo(2100, within(TOLERANCE));
  }

  @Test
  void takesTheLogarithmWhereItFitsBetter() {
    List<Sample> samples = new ArrayList<>();
    for (double size = 1; size < 1e6; size *= 3) {
      samples.add(new Sample("pool", List.of(size), 100 + 40 * Math.log(size)));
    }

    assertThat(LayerTimes.fit(samples).nanos("pool", List.of(500.0)))
        .isCloseTo(100 + 40 * Math.log(500), within(TOLERANCE));
  }

  @Test
  void hasTheMeanWhereTheSamplesTellNoMore() {
    LayerTimes one = LayerTimes.fit(List.of(new Sample("a", List.of(5.0), 30)));
    assertThat(one.nanos("a", List.of(1000.0))).isEqualTo(30);

    LayerTimes same =
        LayerTimes.fit(
            List.of(
                new Sample("a", List.of(5.0), 30),
                new Sample("a", List.of(5.0), 50),
                new Sample("a", List.of(5.0), 10)));
    assertThat(same.nanos("a", List.of(7.0))).isCloseTo(30, within(TOLERANCE));

    LayerTimes without = LayerTimes.fit(List.of(new Sample("b", List.of(), 8)));
    assertThat(without.nanos("b", List.of())).isEqualTo(8);
  }

  @Test
  void neverPredictsLessThanNothing() {
    LayerTimes times =
        LayerTimes.fit(
            List.of(
                new Sample("a", List.of(0.0), 100),
                new Sample("a", List.of(1.0), 50),
                new Sample("a", List.of(2.0), 0)));

    assertThat(times.nanos("a", List.of(50.0))).isZero();
  }

  @Test
  void refusesWhatIsNoMeasurement() {
    for (double bad : new double[] {Double.NaN, -1, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new Sample("a", List.of(1.0), bad))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new Sample("a", List.of(bad), 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> LayerTimes.fit(List.of())).hasMessageContaining("at least one");
    Sample narrow = new Sample("a", List.of(1.0), 1);
    Sample wide = new Sample("a", List.of(1.0, 2.0), 1);
    assertThatThrownBy(() -> LayerTimes.fit(List.of(narrow, wide)))
        .hasMessageContaining("same sizes");
    LayerTimes times = LayerTimes.fit(List.of(narrow));
    assertThatThrownBy(() -> times.nanos("b", List.of(1.0))).hasMessageContaining("kind");
    assertThatThrownBy(() -> times.nanos("a", List.of())).hasMessageContaining("sizes");
  }
}

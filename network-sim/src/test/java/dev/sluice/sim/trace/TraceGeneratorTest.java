package dev.sluice.sim.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TraceGeneratorTest {
  private static final int SECONDS = 100_000;

  /** So many seconds hang on each other: some 5,000 independent ones, hence about 2 %. */
  private static final double TOLERANCE = 0.06;

  @ParameterizedTest
  @EnumSource(LinkKind.class)
  void hasThePublishedFigures(LinkKind kind) {
    LinkTrace trace = new TraceGenerator(kind).generate(SECONDS, 11, 1);
    TraceStats.Rate rate = TraceStats.of(trace).uplink();

    assertThat(rate.mean() / kind.meanMegabits()).isCloseTo(1, within(TOLERANCE));
    assertThat(rate.deadShare()).isCloseTo(kind.deadShare(), within(0.015));
    assertThat(rate.autocorrelation()).isCloseTo(kind.autocorrelation(), within(0.02));
    double[] seconds = TraceStats.bins(trace, true);
    Arrays.sort(seconds);
    for (int i = 0; i < kind.shares().size(); i++) {
      // Where the distribution is steep a share is the better measure than a rate.
      double below = shareBelow(seconds, kind.megabits().get(i));
      assertThat(below)
          .as("share below %s", kind.megabits().get(i))
          .isCloseTo(kind.shares().get(i), within(0.02));
    }
  }

  @ParameterizedTest
  @EnumSource(LinkKind.class)
  void hasThePublishedRoundTrips(LinkKind kind) {
    double[] millis =
        new TraceGenerator(kind)
            .generate(20_000, 5, 1).steps().stream()
                .mapToDouble(step -> step.roundTripNanos() / 1e6)
                .sorted()
                .toArray();

    assertThat(millis[10_000] / kind.roundTripMedianMillis()).isCloseTo(1, within(0.03));
    assertThat(millis[19_000] / kind.roundTrip95Millis()).isCloseTo(1, within(0.05));
  }

  @Test
  void makesTheSameForTheSameSeedAndOthersForOthers() {
    TraceGenerator generator = new TraceGenerator(LinkKind.LTE);
    assertThat(generator.generate(60, 7, 2)).isEqualTo(generator.generate(60, 7, 2));
    assertThat(generator.generate(60, 7, 2)).isNotEqualTo(generator.generate(60, 8, 2));
    assertThat(generator.generate(60, 7, 2).steps())
        .allMatch(step -> step.downlinkBytesPerSecond() == 2 * step.uplinkBytesPerSecond());
  }

  @Test
  void namesTheKinds() {
    assertThat(LinkKind.named("LTE")).isEqualTo(LinkKind.LTE);
    assertThatThrownBy(() -> LinkKind.named("6g"))
        .hasMessageContaining("'6g'")
        .hasMessageContaining("5g-driving");
  }

  @Test
  void refusesLengthsAndFactorsThatAreNone() {
    TraceGenerator generator = new TraceGenerator(LinkKind.LTE);
    assertThatThrownBy(() -> generator.generate(0, 1, 1)).hasMessageContaining("seconds");
    assertThatThrownBy(() -> generator.generate(1, 1, 0)).hasMessageContaining("factor");
  }

  private static double shareBelow(double[] sorted, double limit) {
    int found = Arrays.binarySearch(sorted, limit);
    return (double) (found >= 0 ? found + 1 : -found - 1) / sorted.length;
  }
}

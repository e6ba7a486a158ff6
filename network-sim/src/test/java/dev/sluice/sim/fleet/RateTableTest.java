package dev.sluice.sim.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.sim.trace.LinkTrace;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RateTableTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void sumsByHand() {
    RateTable table = RateTable.of(SECOND, new double[] {1000, 0, 500});

    assertThat(table.bytesBefore(SECOND / 2)).isCloseTo(500, within(1e-6));
    assertThat(table.bytesBefore(2 * SECOND)).isCloseTo(1000, within(1e-6));
    assertThat(table.bytesBefore(3 * SECOND)).isCloseTo(1500, within(1e-6));
    assertThat(table.bytesBefore(4 * SECOND)).isCloseTo(2500, within(1e-6));
    assertThat(table.positionOf(1250)).isCloseTo(2 * SECOND + SECOND / 2, within(10L));
    assertThat(table.positionOf(2000)).isCloseTo(3 * SECOND + SECOND / 2, within(10L));
    assertThat(table.meanBytesPerSecond()).isCloseTo(500, within(1e-9));
  }

  @Test
  void findsThePositionOfEverySum() {
    SplittableRandom random = new SplittableRandom(1);
    double[] rates = random.doubles(40, 0, 1e6).map(rate -> rate < 2e5 ? 0 : rate).toArray();
    RateTable table = RateTable.of(SECOND / 3, rates);
    for (int i = 0; i < 2000; i++) {
      long position = random.nextLong(5 * table.durationNanos());
      double bytes = table.bytesBefore(position);
      assertThat(table.bytesBefore(table.positionOf(bytes)))
          .as("position %d", position)
          .isCloseTo(bytes, within(0.01));
      assertThat(table.positionOf(bytes)).isLessThanOrEqualTo(position + 10);
    }
  }

  @Test
  void knowsSinceWhenNothingPassesAlsoAcrossItsEnd() {
    RateTable table = RateTable.of(SECOND, new double[] {0, 1000, 0, 0});

    assertThat(table.stillSince(SECOND / 2)).isZero();
    assertThat(table.stillSince(SECOND)).isEqualTo(-1);
    assertThat(table.stillSince(3 * SECOND + 5)).isEqualTo(2 * SECOND);
    assertThat(table.stillSince(4 * SECOND + 5)).isEqualTo(2 * SECOND);
  }

  @Test
  void takesATracesOutagesForStepsWithoutRate() {
    LinkTrace trace =
        LinkTrace.builder()
            .phase(Duration.ofSeconds(1), 8, 8, Duration.ZERO)
            .outage(Duration.ofSeconds(2))
            .build();
    RateTable table = RateTable.of(trace);

    assertThat(table.bytesPerSecond(SECOND / 2)).isCloseTo(1e6, within(1e-6));
    assertThat(table.bytesPerSecond(2 * SECOND)).isZero();
  }

  @Test
  void refusesALinkThatNeverWorks() {
    assertThatThrownBy(() -> RateTable.of(SECOND, new double[] {0, 0}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void drawsChainsWhoseStatesAreAlikeLikely() {
    MarkovRates states = new MarkovRates(List.of(0.5, 1.0, 1.5), SECOND, 0.3);

    RateTable table = states.draw(1000, 200_000 * SECOND, new SplittableRandom(1));

    /* The mean of equally likely states; 200,000 dependent slots leave about 1 %. */
    assertThat(table.meanBytesPerSecond()).isCloseTo(1000, within(20.0));
  }

  @Test
  void drawsOutagesOfTheirMeanLengthAndDistance() {
    long horizon = 1_000_000 * SECOND;
    Outages outages = Outages.draw(90e9, 10e9, horizon, new SplittableRandom(1));
    long out = 0;
    int count = 0;
    for (long at = outages.next(0); at < horizon; at = outages.next(at)) {
      out += outages.over(at) - at;
      count++;
    }
    /* 10,000 renewals of 100 s each; three standard errors are 3 %. */
    assertThat(count).isCloseTo(10_000, within(300));
    assertThat(out / (double) horizon).isCloseTo(0.1, within(0.004));
  }
}

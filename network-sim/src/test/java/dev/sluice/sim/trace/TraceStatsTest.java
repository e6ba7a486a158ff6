package dev.sluice.sim.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class TraceStatsTest {
  private static final Offset<Double> CLOSE = within(1e-9);

  @Test
  void weighsByTimeAndNotByStep() {
    // Two long seconds at 1, half a second at 9, then half an outage and three seconds of it.
    LinkTrace trace =
        LinkTrace.builder()
            .phase(Duration.ofSeconds(2), 1, 2, Duration.ofMillis(10))
            .phase(Duration.ofMillis(500), 9, 18, Duration.ofMillis(50))
            .outage(Duration.ofMillis(3_500))
            .build();

    TraceStats stats = TraceStats.of(trace);

    assertThat(stats.seconds()).isEqualTo(6);
    assertThat(stats.uplink().mean()).isCloseTo((2 * 1 + 0.5 * 9) / 6, CLOSE);
    assertThat(stats.downlink().mean()).isCloseTo((2 * 2 + 0.5 * 18) / 6, CLOSE);
    // Seconds: 1, 1, 4.5, 0, 0, 0.
    assertThat(stats.uplink().max()).isCloseTo(4.5, CLOSE);
    assertThat(stats.uplink().p50()).isCloseTo(0.5, CLOSE);
    assertThat(stats.uplink().deadShare()).isCloseTo(0.5, CLOSE);
    assertThat(stats.roundTripMeanMillis()).isCloseTo((2 * 10 + 0.5 * 50) / 2.5, CLOSE);
    assertThat(stats.outageShare()).isCloseTo(3.5 / 6, CLOSE);
    assertThat(stats.longestOutageSeconds()).isCloseTo(3.5, CLOSE);
    assertThat(stats.outages()).isEqualTo(1);
    // Of 1, 1, 4.5, 0, 0, 0: mean 6.5 / 6, squares 22.25, unbiased.
    double deviation = Math.sqrt((22.25 - 6.5 * 6.5 / 6) / 5);
    assertThat(stats.uplink().variation()).isCloseTo(deviation / (6.5 / 6), CLOSE);
  }

  @Test
  void knowsHowASecondHangsOnTheOneBeforeIt() {
    LinkTrace.Builder alternating = LinkTrace.builder();
    for (int i = 0; i < 20; i++) {
      alternating.phase(Duration.ofSeconds(1), i % 2 == 0 ? 1 : 3, 1, Duration.ZERO);
    }
    assertThat(TraceStats.of(alternating.build()).uplink().autocorrelation()).isCloseTo(-1, CLOSE);
  }

  @Test
  void countsOutagesThatAreApart() {
    LinkTrace trace =
        LinkTrace.builder()
            .outage(Duration.ofSeconds(1))
            .lte(Duration.ofSeconds(1))
            .phase(Duration.ofSeconds(1), 0, 1, Duration.ZERO)
            .outage(Duration.ofSeconds(2))
            .lte(Duration.ofSeconds(1))
            .build();

    assertThat(TraceStats.of(trace).outages()).isEqualTo(2);
    assertThat(TraceStats.of(trace).longestOutageSeconds()).isCloseTo(3, CLOSE);
  }

  @Test
  void leavesARestOfLessThanASecondOutOfTheSecondsAndNotOutOfTheMean() {
    // Four seconds at 2 and 100 ms: as a whole second the rest would count as 0.2.
    LinkTrace trace =
        LinkTrace.builder()
            .phase(Duration.ofMillis(4_000), 2, 1, Duration.ZERO)
            .phase(Duration.ofMillis(100), 4, 1, Duration.ZERO)
            .build();

    TraceStats.Rate uplink = TraceStats.of(trace).uplink();

    assertThat(uplink.min()).isCloseTo(2, CLOSE);
    assertThat(uplink.max()).isCloseTo(2, CLOSE);
    assertThat(uplink.variation()).isCloseTo(0, CLOSE);
    assertThat(uplink.mean()).isCloseTo((4 * 2 + 0.1 * 4) / 4.1, CLOSE);
  }

  @Test
  void takesATraceOfLessThanASecondAsItIs() {
    LinkTrace trace = LinkTrace.builder().lte(Duration.ofMillis(300)).build();

    assertThat(TraceStats.of(trace).uplink().p50()).isCloseTo(6, CLOSE);
    assertThat(TraceStats.of(trace).uplink().autocorrelation()).isNaN();
  }
}

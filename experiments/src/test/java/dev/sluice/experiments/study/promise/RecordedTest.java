package dev.sluice.experiments.study.promise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.sim.trace.LinkTrace;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordedTest {
  private static final double EXACT = 1e-6;

  private static final LinkTrace TRACE =
      LinkTrace.builder()
          .phase(Duration.ofSeconds(7), 1, 1, Duration.ofMillis(50))
          .phase(Duration.ofSeconds(4), 3, 3, Duration.ofMillis(50))
          .build();

  static PromiseConfig config() {
    return new PromiseConfig(
        List.of("made up"),
        50,
        new GridConfig.Device("slow", 250, 20),
        "trace",
        "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise uplink_bytes",
        100,
        4,
        new PromiseConfig.Span(1.5, 0.25),
        new PromiseConfig.Throttling(2, 1, 1.5),
        new PromiseConfig.Shift(3, 0.5, 0.5),
        List.of("sluice"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 6, 8, 12, 59, 89, 106, 200, 239})
  void repeatsTheTraceOutsideTheOutage(int second) {
    LinkTrace.Step step = Recorded.of(TRACE, config()).stepAt(second * 1_000_000_000L);

    assertThat(step.outage()).isFalse();
    assertThat(step.uplinkBytesPerSecond())
        .isCloseTo(second % 11 < 7 ? 125_000 : 375_000, within(EXACT));
  }

  @ParameterizedTest
  @ValueSource(ints = {90, 97, 104})
  void isAwayDuringTheOutage(int second) {
    assertThat(Recorded.of(TRACE, config()).stepAt(second * 1_000_000_000L).outage()).isTrue();
  }

  @Test
  void countsFramesByThePeriod() {
    assertThat(config().frames(4)).isEqualTo(2400);
  }
}

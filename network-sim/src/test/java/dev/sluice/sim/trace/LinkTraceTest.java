package dev.sluice.sim.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.sim.trace.LinkTrace.Step;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinkTraceTest {
  private static final long SECOND = 1_000_000_000L;
  private static final LinkTrace TRACE =
      LinkTrace.builder()
          .wifi(Duration.ofSeconds(10))
          .outage(Duration.ofSeconds(8))
          .lte(Duration.ofSeconds(2))
          .build();

  @Test
  void findsTheStepInForce() {
    assertThat(TRACE.stepAt(-5)).isEqualTo(TRACE.steps().get(0));
    assertThat(TRACE.stepAt(10 * SECOND - 1)).isEqualTo(TRACE.steps().get(0));
    assertThat(TRACE.stepAt(10 * SECOND)).isEqualTo(TRACE.steps().get(1));
    assertThat(TRACE.stepAt(500 * SECOND)).isEqualTo(TRACE.steps().get(2));
    assertThat(TRACE.nextChangeNanos(0)).isEqualTo(10 * SECOND);
    assertThat(TRACE.nextChangeNanos(10 * SECOND)).isEqualTo(18 * SECOND);
    assertThat(TRACE.nextChangeNanos(18 * SECOND)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void beginsAgainWhereItLoops() {
    LinkTrace looped = TRACE.looped();

    assertThat(looped.stepAt(20 * SECOND)).isEqualTo(TRACE.steps().get(0));
    assertThat(looped.nextChangeNanos(19 * SECOND)).isEqualTo(20 * SECOND);
    assertThat(looped.nextChangeNanos(20 * SECOND)).isEqualTo(30 * SECOND);
    assertThat(looped.nextChangeNanos(Long.MAX_VALUE - 1)).isEqualTo(Long.MAX_VALUE);
    assertThat(looped.looped()).isSameAs(looped);
  }

  @Test
  void scalesTimesAndNothingElse() {
    LinkTrace half = TRACE.scaled(0.5);

    assertThat(half.durationNanos()).isEqualTo(10 * SECOND);
    assertThat(half.steps().get(1).startNanos()).isEqualTo(5 * SECOND);
    assertThat(half.steps().get(2).uplinkBytesPerSecond()).isEqualTo(750_000);
    assertThat(half.meanUplinkBytesPerSecond())
        .isCloseTo(TRACE.meanUplinkBytesPerSecond(), within(1e-6));
    assertThat(half.scaled(2)).isEqualTo(TRACE).hasSameHashCodeAs(TRACE);
  }

  @Test
  void countsAnOutageAsNothingInTheMean() {
    assertThat(TRACE.meanUplinkBytesPerSecond())
        .isCloseTo((10 * 2_500_000 + 2 * 750_000) / 20.0, within(1e-6));
  }

  @Test
  void refusesWhatIsNoTrace() {
    Step step = new Step(0, 1, 1, 0, false);
    assertThatThrownBy(() -> LinkTrace.of(List.of())).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LinkTrace.of(List.of(step, step)))
        .hasMessageContaining("does not start after");
    assertThatThrownBy(() -> LinkTrace.of(List.of(new Step(1, 1, 1, 0, false))))
        .hasMessageContaining("must start at 0");
    assertThatThrownBy(() -> LinkTrace.of(List.of(step), 0, true))
        .hasMessageContaining("ends before");
    assertThatThrownBy(() -> new Step(0, -1, 1, 0, false)).hasMessageContaining("uplink");
    assertThatThrownBy(() -> new Step(0, 1, Double.NaN, 0, false)).hasMessageContaining("downlink");
    assertThatThrownBy(() -> new Step(0, 1, 1, -1, false)).hasMessageContaining("round trip");
    assertThatThrownBy(() -> TRACE.scaled(0)).hasMessageContaining("factor");
    assertThatThrownBy(() -> TRACE.scaled(1e-12)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LinkTrace.builder().wifi(Duration.ZERO))
        .hasMessageContaining("must last");
  }
}

package dev.sluice.experiments.study.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sim.trace.LinkTrace;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ValidationTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void beginsATraceAtAnyPosition() {
    LinkTrace trace =
        LinkTrace.builder()
            .phase(Duration.ofSeconds(3), 6, 6, Duration.ofMillis(40))
            .phase(Duration.ofSeconds(2), 2, 2, Duration.ofMillis(20))
            .build()
            .looped();
    for (long position = 0; position < 10; position++) {
      LinkTrace begun = Validation.from(trace, position * SECOND / 2);
      for (long at = 0; at < 20; at++) {
        LinkTrace.Step expected = trace.stepAt((position + at) * SECOND / 2);
        LinkTrace.Step found = begun.stepAt(at * SECOND / 2);
        assertThat(found.uplinkBytesPerSecond())
            .as("from %d at %d half seconds", position, at)
            .isEqualTo(expected.uplinkBytesPerSecond());
        assertThat(found.roundTripNanos()).isEqualTo(expected.roundTripNanos());
      }
    }
  }
}

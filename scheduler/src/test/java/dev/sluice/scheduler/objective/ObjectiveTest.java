package dev.sluice.scheduler.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectiveTest {
  @Test
  void readsConstraintsThenTargetsInOrder() throws Exception {
    Objective objective =
        Objective.parse(
            "p95_latency <= 150 ms, accuracy >= final - 1 pt;"
                + " minimise worker_compute, then uplink_bytes");

    assertThat(objective.constraints())
        .containsExactly(
            new Constraint(Metric.latencyPercentile(95), 150e6, false),
            new Constraint(Metric.of(Metric.Kind.ACCURACY), -0.01, true));
    assertThat(objective.targets())
        .containsExactly(
            new Target(Metric.of(Metric.Kind.WORKER_COMPUTE), false),
            new Target(Metric.of(Metric.Kind.UPLINK_BYTES), false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute, then uplink_bytes",
        "mean_latency <= 2.5 ms; maximise accuracy",
        "p99.9_latency <= 1000 ms, uplink_bytes <= 2500 B",
        "accuracy >= 92 %, device_compute <= 30 ms, worker_compute <= 4 ms; minimise p50_latency",
        "minimise mean_latency, then uplink_bytes",
        "accuracy >= final; minimise device_compute",
        "accuracy >= final + 0.5 pt"
      })
  void writesWhatItReads(String text) throws Exception {
    assertThat(Objective.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "P95_LATENCY<=0.15s;MINIMIZE uplink_bytes | p95_latency <= 150 ms; minimise uplink_bytes",
        "latency <= 900 us | mean_latency <= 0.9 ms",
        "uplink_bytes <= 2.5 KB | uplink_bytes <= 2500 B",
        "accuracy >= final - 1 % | accuracy >= final - 1 pt",
        "minimise uplink_bytes, maximize accuracy | minimise uplink_bytes, then maximise accuracy",
      })
  void forgivesSpelling(String text, String canonical) throws Exception {
    assertThat(Objective.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // text | position | part of the problem
        "'' | 0 | needs a constraint or a target",
        "p95_latncy <= 150 ms | 0 | unknown metric 'p95_latncy'",
        "p0_latency <= 150 ms | 0 | unknown metric",
        "p95_latency >= 150 ms | 12 | expected '<='",
        "p95_latency <= fast | 15 | expected a number",
        "p95_latency <= 150 | 18 | unit of time",
        "p95_latency <= 150 KB | 19 | unit of time",
        "accuracy >= 0.9 | 15 | expected '%'",
        "accuracy >= 101 % | 12 | cannot exceed 100",
        "accuracy >= final - 1 | 21 | expected 'pt'",
        "accuracy >= final - 101 pt | 20 | at most 100 pt",
        "uplink_bytes <= 3 ms | 18 | unit of size",
        "accuracy >= 90 % minimise uplink_bytes | 17 | expected ',' or ';'",
        "accuracy >= 90 %; | 17 | 'minimise' or 'maximise'",
        "accuracy >= 90 %; uplink_bytes | 18 | 'minimise' or 'maximise'",
        "maximise accuracy, then latency | 24 | can only be minimised",
        "minimise accuracy | 9 | can only be maximised",
        "minimise uplink_bytes, then uplink_bytes | 28 | already a target",
        "minimise uplink_bytes then latency | 22 | expected ',' or the end",
        "minimise | 8 | expected a metric",
        "; | 1 | 'minimise' or 'maximise'",
        "p95_latency <= -150 ms | 15 | expected a number",
        "p95_latency <= 99999999999999999999 ms | 15 | too large",
      })
  void pointsAtTheFault(String text, int position, String problem) {
    ObjectiveSyntaxException e =
        catchThrowableOfType(ObjectiveSyntaxException.class, () -> Objective.parse(text));

    assertThat(e).isNotNull();
    assertThat(e.problem()).contains(problem);
    assertThat(e.position()).isEqualTo(position);
    String[] lines = e.getMessage().split(System.lineSeparator());
    assertThat(lines[lines.length - 1]).isEqualTo("  " + " ".repeat(position) + "^");
  }

  @Test
  void refusesATextWithoutEnd() {
    assertThatThrownBy(() -> Objective.parse("accuracy, ".repeat(1000)))
        .isInstanceOf(ObjectiveSyntaxException.class)
        .hasMessageContaining("more than 2000 characters");
  }
}

package dev.sluice.scheduler.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
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
        "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute, then"
            + " uplink_bytes",
        "mean_latency <= 2.5 ms; maximise accuracy",
        "p99.9_latency <= 1000 ms, uplink_bytes <= 2500 B",
        "accuracy >= 92 %, device_compute <= 30 ms, worker_compute <= 4 ms; minimise p50_latency",
        "minimise mean_latency, then uplink_bytes",
        "accuracy >= final; minimise device_compute",
        "accuracy >= final + 0.5 pt",
        "device_energy <= 40.5 mJ, throughput >= 29.97 fps; minimise device_energy",
        "deadline_misses(150 ms) <= 2.5 %; minimise deadline_misses(33.333333 ms)",
        "uplink_bytes <= 5 GB/month, uplink_bytes <= 4000 B; maximise throughput",
        "uplink_bytes <= 1.5 MB/month; minimise device_memory",
        "device_memory <= 256000000 B, uplink_bytes <= 900 B/month"
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
        "DEVICE_ENERGY<=0.04J | device_energy <= 40 mJ",
        "device_energy <= 900 uJ | device_energy <= 0.9 mJ",
        "deadline_misses ( 0.15 s ) <= 5% | deadline_misses(150 ms) <= 5 %",
        "uplink_bytes <= 5000 mb / Month | uplink_bytes <= 5 GB/month",
        "device_memory <= 0.5 GB | device_memory <= 500000000 B",
        "throughput>=30FPS | throughput >= 30 fps",
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
        "p0_latency <= 150 ms | 0 | percentile of 'p0_latency' is not between 0 and 100",
        "p100_latency <= 150 ms | 0 | percentile of 'p100_latency'",
        "p95.12345_latency <= 150 ms | 0 | three decimals at most",
        "latency <= 1 s, minimise uplink_bytes | 16 | not 'minimise'; targets follow ';'",
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
        "throughput <= 30 fps | 11 | expected '>='",
        "throughput >= final | 14 | expected a number",
        "throughput >= 30 ms | 17 | expected 'fps'",
        "minimise throughput | 9 | can only be maximised",
        "maximise device_energy | 9 | can only be minimised",
        "device_energy <= 40 W | 20 | unit of energy",
        "device_energy <= 40 | 19 | unit of energy",
        "device_memory <= 40 MB/month | 22 | expected ',' or ';'",
        "uplink_bytes <= 5 GB/week | 21 | expected 'month'",
        "uplink_bytes <= 5 GB/ | 21 | expected 'month'",
        "uplink_bytes <= 5 TB/month | 18 | B, KB, MB or GB",
        "deadline_misses <= 5 % | 16 | expected the deadline",
        "deadline_misses(150) <= 5 % | 19 | unit of time",
        "deadline_misses(150 ms <= 5 % | 23 | expected ')'",
        "deadline_misses(-1 ms) <= 5 % | 16 | expected a number",
        "deadline_misses(150 ms) <= 101 % | 27 | cannot exceed 100",
        "deadline_misses(150 ms) <= 5 ms | 29 | expected '%'",
        "minimise deadline_misses(1 ms), deadline_misses(1 ms) | 32 | already a target",
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // text | what it says of the word that was meant; nothing where it does not guess
        "minimise worker_compte | unknown metric 'worker_compte'; did you mean 'worker_compute'?",
        "P95_LATNCY <= 1 s | did you mean 'p95_latency'?",
        "p99.5_latncy <= 1 s | did you mean 'p99.5_latency'?",
        "p99 <= 1 s | did you mean 'p99_latency'?",
        "median_latency <= 1 s | did you mean 'p50_latency'?",
        "latncy <= 1 s | did you mean 'latency'?",
        "energy <= 1 J | did you mean 'device_energy'?",
        "cost <= 1 s | ''",
        "minimze latency | unknown word 'minimze' (did you mean 'minimise'?)",
        "latency <= 1 s; maximse accuracy | did you mean 'maximise'?",
        "latency <= 1 s; shrink uplink_bytes | ''",
        "minimise latency, thn uplink_bytes | did you mean 'then'?",
        "minimise latency, then uplink_byte | did you mean 'uplink_bytes'?",
        "minimise latency, maximse accuracy | did you mean 'maximise'?",
        "minimise latency then uplink_bytes | did you mean ', then'?",
        "latency <= 150 msec | did you mean 'ms'?",
        "latency <= 150 milisecond | did you mean 'ms'?",
        "latency <= 150 µs | did you mean 'us'?",
        "latency <= 2 Seconds | did you mean 's'?",
        "latency <= 2 minutes | ''",
        "uplink_bytes <= 2 mbytes | did you mean 'MB'?",
        "uplink_bytes <= 2 Mbit | ''",
        "device_energy <= 2 millijoule | did you mean 'mJ'?",
        "accuracy >= finl - 1 pt | did you mean 'final'?",
        "throughput >= finl | ''",
      })
  void saysWhatWordMayHaveBeenMeant(String text, String meant) {
    ObjectiveSyntaxException e =
        catchThrowableOfType(ObjectiveSyntaxException.class, () -> Objective.parse(text));

    assertThat(e).isNotNull();
    if (meant.isEmpty()) {
      assertThat(e.problem()).doesNotContain("did you mean");
    } else {
      assertThat(e.problem()).contains(meant);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "uplink_bytes <= 2 GB/moth | expected 'month'",
        "throughput >= 5 Hz | expected 'fps'",
        "accuracy >= 90 percent | expected '%'",
        "accuracy >= final - 1 points | expected 'pt'",
      })
  void namesTheOnlyWordThatFitsOnce(String text, String problem) {
    ObjectiveSyntaxException e =
        catchThrowableOfType(ObjectiveSyntaxException.class, () -> Objective.parse(text));

    assertThat(e.problem()).isEqualTo(problem);
  }

  /** Who adds a metric adds it to what the parser offers. */
  @ParameterizedTest
  @EnumSource(Metric.Kind.class)
  void offersEveryMetric(Metric.Kind kind) {
    ObjectiveSyntaxException e =
        catchThrowableOfType(ObjectiveSyntaxException.class, () -> Objective.parse("minimise"));

    assertThat(e.problem()).contains(kind.word);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 60, 200, 395})
  void showsThePartOfALongTextThatMatters(int spoiled) {
    String good = "uplink_bytes <= 10 B, ".repeat(20);
    String text = good.substring(0, spoiled) + "?" + good.substring(spoiled + 1);
    ObjectiveSyntaxException e =
        catchThrowableOfType(ObjectiveSyntaxException.class, () -> Objective.parse(text));

    assertThat(e.excerpt()).hasSize(2).allMatch(line -> line.length() <= 84);
    int caret = e.excerpt().get(1).indexOf('^');
    assertThat(e.excerpt().get(0).charAt(caret)).isEqualTo(text.charAt(e.position()));
  }

  @Test
  void showsATextOnOneLineWhateverItHolds() {
    ObjectiveSyntaxException e =
        catchThrowableOfType(
            ObjectiveSyntaxException.class,
            () -> Objective.parse("latency <= 1 s;\n\tminimise \u001b[31m"));

    assertThat(e.excerpt())
        .containsExactly("  latency <= 1 s;  minimise ?[31m", "  " + " ".repeat(26) + "^");
  }

  @Test
  void readsAMonthsBudgetAsAMetricOfItsOwn() throws Exception {
    Objective objective =
        Objective.parse("uplink_bytes <= 5 GB/month, deadline_misses(1 s) <= 1 %");

    assertThat(objective.constraints())
        .containsExactly(
            new Constraint(Metric.of(Metric.Kind.MONTHLY_UPLINK_BYTES), 5e9, false),
            new Constraint(Metric.deadlineMisses(1e9), 0.01, false));
    // 2,000 bytes, five times a second, for thirty days.
    assertThat(Metric.monthlyBytes(2000, 200_000_000)).isEqualTo(2000 * 5 * 30 * 86_400.0);
    assertThat(Metric.monthlyBytes(2000, 0)).isInfinite();
    assertThat(Metric.monthlyBytes(0, 0)).isZero();
    assertThat(Metric.of(Metric.Kind.MONTHLY_UPLINK_BYTES).format(Metric.monthlyBytes(1, 0)))
        .isEqualTo("an unknown number of bytes/month");
  }

  @Test
  void aBoundOfMissesIsABoundOfAPercentile() throws Exception {
    Constraint misses = Objective.parse("deadline_misses(150 ms) <= 5 %").constraints().get(0);

    assertThat(misses.latencyBound())
        .contains(Objective.parse("p95_latency <= 150 ms").constraints().get(0));
    assertThat(new Constraint(Metric.deadlineMisses(7), 0, false).latencyBound())
        .contains(new Constraint(Metric.latencyPercentile(100), 7, false));
    assertThat(new Constraint(Metric.deadlineMisses(7), -1, false).latencyBound())
        .contains(new Constraint(Metric.latencyPercentile(100), 7, false));
    assertThat(new Constraint(Metric.deadlineMisses(7), 1, false).latencyBound()).isEmpty();
    assertThat(new Constraint(Metric.of(Metric.Kind.THROUGHPUT), 7, false).latencyBound())
        .isEmpty();
  }

  @Test
  void saysByWhatShareABoundIsBroken() {
    Constraint floor = new Constraint(Metric.of(Metric.Kind.THROUGHPUT), 20, false);
    Constraint ceiling = new Constraint(Metric.of(Metric.Kind.DEVICE_ENERGY), 20, false);

    assertThat(floor.relativeExcess(15)).isEqualTo(0.25);
    assertThat(floor.relativeExcess(25)).isEqualTo(-0.25);
    assertThat(floor.relativeExcess(Double.POSITIVE_INFINITY)).isNegative();
    assertThat(ceiling.relativeExcess(25)).isEqualTo(0.25);
    assertThat(ceiling.relativeExcess(15)).isEqualTo(-0.25);
    assertThat(new Constraint(Metric.of(Metric.Kind.DEVICE_ENERGY), 0, false).relativeExcess(0))
        .isZero();
  }

  @Test
  void refusesMetricsWithParametersThatDoNotFit() {
    assertThatThrownBy(() -> Metric.deadlineMisses(-1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Metric.deadlineMisses(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Metric(Metric.Kind.ACCURACY, 0, 5))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Metric.latencyPercentile(0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void knowsWhoWantsLittleOfTheDevice() throws Exception {
    assertThat(Objective.parse("minimise device_energy").sparesDevice()).isTrue();
    assertThat(Objective.parse("device_compute <= 5 ms").sparesDevice()).isTrue();
    assertThat(Objective.parse("minimise latency").sparesDevice()).isFalse();
  }

  @Test
  void refusesATextWithoutEnd() {
    assertThatThrownBy(() -> Objective.parse("accuracy, ".repeat(1000)))
        .isInstanceOf(ObjectiveSyntaxException.class)
        .hasMessageContaining("more than 2000 characters");
  }

  @Test
  void answersByTheSmallestBoundOfAPercentile() throws Exception {
    assertThat(
            Objective.parse("p95_latency <= 150 ms, p50_latency <= 60 ms; maximise accuracy")
                .deadlineNanos())
        .hasValue(60e6);
    assertThat(
            Objective.parse("deadline_misses(80 ms) <= 5 %, mean_latency <= 40 ms").deadlineNanos())
        .hasValue(80e6);
    assertThat(Objective.parse("mean_latency <= 40 ms; maximise accuracy").deadlineNanos())
        .isEmpty();
  }
}

package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TailRowsTest {
  private static BundleFacts facts(int samples) {
    return SyntheticFacts.of(
        new SyntheticFacts.Shape(2, List.of(1), samples, 5, 6_000_000, false), 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "p95_latency <= 1 s; minimise latency | 400",
        "p97.5_latency <= 1 s; minimise latency | 400",
        "p99_latency <= 1 s; minimise latency | 1000",
        "p50_latency <= 1 s; minimise p99_latency | 1000",
        "deadline_misses(1 s) <= 1 %; minimise uplink_bytes | 1000",
        "deadline_misses(1 s) <= 0 %; minimise uplink_bytes | 1200",
        "deadline_misses(1 s) <= 100 %; minimise uplink_bytes | 400",
        "p99.9_latency <= 1 s; minimise latency | 1200",
        "accuracy >= final - 1 pt; minimise uplink_bytes | 400"
      })
  void takesAsManyRowsAsLeaveTenBeyondThePercentile(String objective, int rows) throws Exception {
    assertThat(TailRows.wanted(Objective.parse(objective))).isEqualTo(rows);
    assertThat(Predictor.rows(facts(2000).select(), rows)).hasSize(rows);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "p95_latency <= 1 s; minimise latency | 59",
        "p99_latency <= 1 s; minimise latency | 299",
        "p50_latency <= 1 s; minimise p99_latency | 299",
        "deadline_misses(1 s) <= 1 %; minimise uplink_bytes | 299"
      })
  void refusesAPercentileOfWhichATableSaysTooLittle(String text, int enough) throws Exception {
    Objective objective = Objective.parse(text);

    assertThatCode(() -> scheduler(facts(enough), objective)).doesNotThrowAnyException();
    assertThatThrownBy(() -> scheduler(facts(enough - 1), objective))
        .isInstanceOf(UnresolvedPercentileException.class)
        .hasMessageContaining("_latency cannot be told from the " + (enough - 1) + " rows")
        .hasMessageContaining("at most p");
  }

  @Test
  void saysWhichPercentileWouldDo() throws Exception {
    Objective never = Objective.parse("deadline_misses(1 s) <= 0 %; minimise uplink_bytes");
    BundleFacts facts = facts(2000);

    assertThatThrownBy(() -> scheduler(facts, never))
        .isInstanceOfSatisfying(
            UnresolvedPercentileException.class,
            refused -> assertThat(refused.mostPercent()).isBetween(99.7, 99.8))
        .hasMessageContaining("p100_latency cannot be told from the 1200 rows")
        .hasMessageContaining("at most p99.75 (deadline_misses of 0.25 %)");
    assertThatCode(
            () -> scheduler(facts, Objective.parse("p99.75_latency <= 1 s; minimise uplink_bytes")))
        .doesNotThrowAnyException();
  }

  /* What the source says: the slowest of so many is beyond the percentile in 95 of 100 cases. */
  @ParameterizedTest
  @CsvSource({"59", "299"})
  void theSlowestOfTheRowsIsBeyondThePercentileNineteenTimesInTwenty(int rows) {
    Random random = new Random(rows);
    double percent = TailRows.mostPercent(rows);
    int beyond = 0;
    for (int trial = 0; trial < 20_000; trial++) {
      double slowest = 0;
      for (int row = 0; row < rows; row++) {
        slowest = Math.max(slowest, random.nextDouble());
      }
      beyond += slowest > percent / 100 ? 1 : 0;
    }
    assertThat(beyond / 20_000.0).isCloseTo(0.95, within(0.006));
  }

  private static Scheduler scheduler(BundleFacts facts, Objective objective) {
    return new Scheduler(facts, objective, SchedulerOptions.plain());
  }
}

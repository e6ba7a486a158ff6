package dev.sluice.experiments.study.regret;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Questions;
import java.util.List;
import org.junit.jupiter.api.Test;

class OracleTest {
  private static final Question WORKER = Questions.ALL.get(0);

  /** A run of 1,000 frames, of which the uncut network gets 900 right. */
  private static Outcome run(double workerNanos, int late, int right) {
    return new Outcome(1000, late, 0, 0, 0, right, 900, 1, 1, workerNanos, 1, 1, 0, 0);
  }

  private static double ratio(Outcome own, Outcome... oracle) {
    return Oracle.ratio(WORKER, own, List.of(oracle));
  }

  @Test
  void dividesByTheCheapestThatHolds() {
    assertThat(ratio(run(100, 0, 900), run(80, 0, 900), run(50, 0, 900), run(10, 51, 900)))
        .isEqualTo(2);
  }

  @Test
  void isNeverBelowOne() {
    assertThat(ratio(run(100, 0, 900), run(200, 0, 900))).isEqualTo(1);
  }

  @Test
  void isLessStrictWithTheOracleWherePlannerFellShort() {
    assertThat(ratio(run(100, 60, 900), run(50, 60, 900))).isEqualTo(2);
    assertThat(ratio(run(100, 0, 880), run(50, 0, 880))).isEqualTo(2);
  }

  @Test
  void isNoNumberWhereTheOracleHoldsNothing() {
    assertThat(ratio(run(100, 0, 900))).isNaN();
    assertThat(ratio(run(100, 0, 900), run(10, 51, 900), run(10, 0, 880))).isNaN();
  }
}

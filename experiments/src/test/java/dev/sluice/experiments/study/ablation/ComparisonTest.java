package dev.sluice.experiments.study.ablation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.grid.Block;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.CellResult;
import dev.sluice.experiments.study.grid.Measure;
import dev.sluice.experiments.study.grid.Series;
import dev.sluice.experiments.study.replay.Question;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final Question QUESTION =
      Question.of("test", "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise uplink_bytes");

  private static final CellKey.Point POINT = new CellKey.Point("bundle", "device", "link", "task");

  /** Twenty blocks of a hundred frames, with bytes that differ by block. */
  private static Series series(int lateOfHundred, int rightOfHundred, double bytes) {
    SplittableRandom random = new SplittableRandom(5);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      double sum = 100 * bytes * (0.9 + 0.2 * random.nextDouble());
      blocks.add(
          new Block(
              100,
              rightOfHundred,
              100,
              rightOfHundred,
              lateOfHundred,
              0,
              0,
              0,
              1e9,
              1e10,
              0,
              0,
              sum));
    }
    CellKey key = new CellKey("bundle", "device", "link", "task", "strategy", 0);
    CellResult cell = new CellResult(key, blocks, 100, "", 0, 0, true, 0, Map.of());
    return new Series(POINT, "strategy", List.of(cell));
  }

  private static Comparison compare(Series whole, Series without) {
    return Comparison.of(whole, without, QUESTION, Measure.BYTES, 1);
  }

  @Test
  void whatIsCheaperAndKeepsAsMuchIsBetter() {
    Comparison one = compare(series(2, 100, 1000), series(5, 99, 900));

    assertThat(one.better()).isTrue();
    assertThat(one.verdict()).isEqualTo("CHEAPER");
    assertThat(AblationStudy.claim("here", "without it", List.of(one)).holds()).isFalse();
  }

  @Test
  void whatIsCheaperAndLateIsWorse() {
    Comparison one = compare(series(5, 100, 1000), series(6, 100, 100));

    assertThat(one.better()).isFalse();
    assertThat(one.withoutBreaks()).containsExactly("deadline");
    assertThat(one.verdict()).isEqualTo("breaks more: deadline");
    assertThat(AblationStudy.claim("here", "without it", List.of(one)).holds()).isTrue();
  }

  @Test
  void whatIsCheaperAndWrongIsWorse() {
    Comparison one = compare(series(0, 99, 1000), series(0, 98, 100));

    assertThat(one.better()).isFalse();
    assertThat(one.withoutBreaks()).containsExactly("accuracy");
  }

  @Test
  void whereBothBreakTheSameWhatBreaksItMoreIsNotBetter() {
    assertThat(compare(series(20, 97, 1000), series(30, 97, 100)).better()).isFalse();
    assertThat(compare(series(20, 97, 1000), series(20, 96, 100)).better()).isFalse();
    assertThat(compare(series(20, 97, 1000), series(15, 97, 100)).better()).isTrue();
  }

  @Test
  void doesNotCallBetterWhatMayBeNoise() {
    Comparison one = compare(series(0, 100, 1000), series(0, 100, 1000));

    assertThat(one.verdict()).isEqualTo("alike");
    assertThat(one.better()).isFalse();
  }

  @Test
  void nothingIsCheaperThanWhatCostsNothing() {
    assertThat(compare(series(0, 100, 0), series(0, 100, 0)).verdict()).isEqualTo("alike");
    assertThat(compare(series(0, 100, 0), series(0, 100, 1)).verdict()).isEqualTo("dearer");
    assertThat(compare(series(0, 100, 1), series(0, 100, 0)).better()).isTrue();
  }

  @Test
  void claimsNothingOfWhatWasNotMeasured() {
    Claim claim = AblationStudy.claim("here", "without it", List.of());

    assertThat(claim.holds()).isFalse();
  }
}

package dev.sluice.experiments.study.regret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Contender.Form;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Questions;
import dev.sluice.experiments.study.replay.Rows;
import dev.sluice.experiments.study.replay.TableScores;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.scheduler.objective.Metric;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportTest {
  private static final Question WORKER = Questions.ALL.get(0);

  /** A run of 1,000 frames. */
  private static Outcome run(double workerNanos, int late, int right) {
    return new Outcome(1000, late, 0, 0, 0, right, 900, 1, 1, workerNanos, 1, 1, 0, 0);
  }

  private static Finding finding(
      Outcome sluice, Map<String, Outcome> rivals, List<Outcome> oracle) {
    Map<Contender, Finding.Run> runs = new LinkedHashMap<>();
    rivals.forEach((name, run) -> runs.put(rival(name, Form.SHARED), new Finding.Run(run, false)));
    return finding(sluice, runs, sluice, oracle);
  }

  private static Finding finding(
      Outcome sluice, Map<Contender, Finding.Run> runs, Outcome unproven, List<Outcome> oracle) {
    return new Finding("b", WORKER, "t", sluice, unproven, runs, List.of(), oracle, List.of(), 0);
  }

  private static Contender rival(String name, Form form) {
    return new Contender(
        name,
        form,
        Set.of(Metric.Kind.WORKER_COMPUTE),
        false,
        (facts, question) -> {
          throw new IllegalStateException("nobody runs it");
        });
  }

  @Test
  void comparesWithTheOracleAtEqualOrBetterSatisfaction() {
    Outcome cheapButLate = run(10, 51, 900);
    Outcome cheapButWrong = run(20, 0, 889);
    Outcome fair = run(80, 50, 890);
    List<Outcome> oracle = List.of(cheapButLate, cheapButWrong, fair);

    assertThat(finding(run(100, 0, 900), Map.of(), oracle).reference()).contains(fair);
    /* Whoever breaks a constraint is compared with those that break it as much. */
    assertThat(finding(run(100, 51, 900), Map.of(), oracle).reference()).contains(cheapButLate);
    assertThat(finding(run(100, 0, 880), Map.of(), oracle).reference()).contains(cheapButWrong);
  }

  @Test
  void countsItsOwnRunWhereTheOracleFoundNoCheaper() {
    Outcome mine = run(70, 0, 900);

    assertThat(finding(mine, Map.of(), List.of(run(80, 0, 900))).reference()).contains(mine);
  }

  @Test
  void comparesWithNothingWhereNoRunOfTheOracleQualifies() {
    Outcome mine = run(70, 0, 900);
    Finding without = finding(mine, Map.of(), List.of());
    Finding withNoneAsGood = finding(mine, Map.of(), List.of(run(10, 51, 900), run(10, 0, 889)));

    assertThat(without.reference()).isEmpty();
    assertThat(withNoneAsGood.reference()).isEmpty();
    assertThat(claim(without, "trace-clairvoyant").measured()).isNaN();
    assertThat(claim(without, "trace-clairvoyant").samples()).isZero();
    assertThat(claim(without, "trace-clairvoyant").holds()).isFalse();
  }

  @Test
  void leavesTracesWithoutARunOfTheOracleOutOfMeanAndMedian() {
    Finding compared = finding(run(120, 0, 900), Map.of(), List.of(run(60, 0, 900)));
    Finding alone = finding(run(70, 0, 900), Map.of(), List.of());
    Report report = new Report(List.of(compared, alone));

    assertThat(report.claims())
        .filteredOn(claim -> claim.name().contains("trace-clairvoyant"))
        .singleElement()
        .satisfies(
            claim -> {
              assertThat(claim.measured()).isEqualTo(2);
              assertThat(claim.samples()).isEqualTo(1);
              assertThat(claim.name()).contains("never below 1");
            });
    assertThat(report.table().lines().get(2).trim().split(" {2,}", -1))
        .startsWith("b, worker", "2", "2", "1", "1", "2.000", "2.000", "2.000");
    assertThat(report.regrets().get(1).get(Report.REGRET_TITLES.indexOf("ratio"))).isEqualTo("");
  }

  @Test
  void comparesOnlyWithRivalsThatHoldTheConstraints() {
    Finding finding =
        finding(
            run(100, 0, 900),
            Map.of("late", run(1, 60, 900), "wrong", run(2, 0, 800), "fair", run(120, 10, 895)),
            List.of());

    assertThat(finding.bestRival().orElseThrow().getKey().name()).isEqualTo("fair");
    assertThat(claim(finding, "best feasible rival").measured())
        .isCloseTo(100.0 / 120, within(1e-12));
  }

  @Test
  void keepsApartWhoProvesTheFloorAndWhoHasLuck() {
    Map<Contender, Finding.Run> runs = new LinkedHashMap<>();
    runs.put(rival("lucky", Form.SHARED), new Finding.Run(run(50, 0, 900), false));
    runs.put(rival("proven", Form.SHARED), new Finding.Run(run(125, 0, 900), true));
    runs.put(rival("other", Form.PUBLISHED), new Finding.Run(run(10, 0, 900), true));
    Finding finding = finding(run(100, 0, 900), runs, run(40, 0, 900), List.of());

    assertThat(claim(finding, "best feasible rival").measured()).isEqualTo(2);
    assertThat(claim(finding, "whose plans are proven").measured()).isEqualTo(0.8);
    assertThat(finding.bestProvenRival().orElseThrow().getKey().name()).isEqualTo("proven");
  }

  @Test
  void saysSoWhereARivalHoldsWhatSluiceDoesNot() {
    Finding finding = finding(run(100, 70, 900), Map.of("fair", run(120, 10, 895)), List.of());

    assertThat(claim(finding, "a rival holds every constraint").measured()).isEqualTo(1);
    assertThat(claim(finding, "a rival holds every constraint").holds()).isFalse();
  }

  @Test
  void listsARivalOfEachFormInItsOwnTableWithWhatItCannotServe() {
    Map<Contender, Finding.Run> runs = new LinkedHashMap<>();
    runs.put(rival("shared one", Form.SHARED), new Finding.Run(run(50, 60, 900), true));
    runs.put(rival("published one", Form.PUBLISHED), new Finding.Run(run(80, 0, 900), true));
    Report report =
        new Report(List.of(finding(run(100, 0, 900), runs, run(40, 0, 900), List.of())));

    assertThat(report.rivalTable(Form.SHARED).lines())
        .hasSize(3)
        .last()
        .asString()
        .contains("shared one", "-", "latency_percentile, accuracy, uplink_bytes")
        .doesNotContain("worker_compute");
    assertThat(report.rivalTable(Form.PUBLISHED).lines().get(2)).contains("published one", "1.250");
    assertThat(report.rivals())
        .hasSize(2)
        .allMatch(row -> row.size() == Report.RIVAL_TITLES.size());
  }

  @Test
  void saysSoWhereAConstraintBreaksThatTheOracleHolds() {
    Finding broken = finding(run(100, 70, 900), Map.of(), List.of(run(80, 0, 900)));

    assertThat(claim(broken, "and Sluice not").measured()).isEqualTo(1);
    assertThat(claim(broken, "and Sluice not").holds()).isFalse();
    assertThat(claim(broken, "deadlines missed").measured()).isCloseTo(7, within(1e-9));
    assertThat(claim(broken, "deadlines missed").holds()).isFalse();
  }

  @Test
  void reportsADifferenceWhereTheBestCostIsNothing() {
    Finding nothing = finding(run(100, 0, 900), Map.of(), List.of(run(0, 0, 900)));

    assertThat(claim(nothing, "where the oracle's is 0").measured()).isEqualTo(100);
    assertThat(new Report(List.of(nothing)).claims())
        .noneMatch(claim -> claim.name().contains("trace-clairvoyant"));
  }

  @Test
  void aCostWhereTheBestRivalHasNoneIsClaimedByItself() {
    Finding dearer = finding(run(100, 0, 900), Map.of("free", run(0, 0, 900)), List.of());
    Finding alike = finding(run(0, 0, 900), Map.of("free", run(0, 0, 900)), List.of());

    assertThat(claim(dearer, "where the best feasible rival's is 0").measured()).isEqualTo(100);
    assertThat(claim(dearer, "where the best feasible rival's is 0").holds()).isFalse();
    assertThat(claim(alike, "where the best feasible rival's is 0").holds()).isTrue();
    assertThat(new Report(List.of(dearer, alike)).claims())
        .filteredOn(claim -> claim.name().contains("where the best feasible rival's is 0"))
        .singleElement()
        .satisfies(claim -> assertThat(claim.samples()).isEqualTo(2));
  }

  @Test
  void aCostWhereTheBestStaticPlanHasNoneIsClaimedByItself() {
    Outcome dear = run(100, 0, 900);
    Finding finding =
        new Finding(
            "b",
            WORKER,
            "t",
            dear,
            dear,
            Map.of(),
            List.of(run(0, 0, 900)),
            List.of(),
            List.of(),
            0);

    assertThat(claim(finding, "where the best static plan's is 0").measured()).isEqualTo(100);
    assertThat(claim(finding, "where the best static plan's is 0").holds()).isFalse();
  }

  private static Claim claim(Finding finding, String part) {
    return new Report(List.of(finding))
        .claims().stream().filter(claim -> claim.name().contains(part)).findFirst().orElseThrow();
  }

  @Test
  void hasAsManyCellsAsTitles() {
    Report report =
        new Report(
            List.of(finding(run(1, 0, 900), Map.of("r", run(2, 0, 900)), List.of(run(1, 0, 900)))));

    assertThat(report.runs()).allMatch(row -> row.size() == Report.RUN_TITLES.size()).hasSize(4);
    assertThat(report.regrets()).allMatch(row -> row.size() == Report.REGRET_TITLES.size());
    assertThat(report.table().lines()).hasSize(3);
  }

  @Test
  void drawsEveryRowBeforeOneComesAgain() {
    int[] rows = Rows.drawn(40, 100, new SplittableRandom(1));

    assertThat(Arrays.stream(rows).limit(40).distinct().count()).isEqualTo(40);
    assertThat(Arrays.stream(rows).skip(40).limit(40).distinct().count()).isEqualTo(40);
    assertThat(rows).isNotEqualTo(Rows.drawn(40, 100, new SplittableRandom(2)));
  }

  @ParameterizedTest
  @CsvSource({"0.9, 0.85", "0.5, 0", "0.3, 0.28", "1, 1", "0.05, 0.0001"})
  void makesScoresOfWhatATableKeeps(float confidence, float margin) {
    for (int predicted : new int[] {0, 7, 37}) {
      ExitScores scores = TableScores.of(38, predicted, confidence, margin);

      assertThat(scores.predicted()).isEqualTo(predicted);
      assertThat(scores.confidence()).isEqualTo(confidence);
      assertThat(scores.margin()).isCloseTo(margin, within(1e-6));
    }
  }
}

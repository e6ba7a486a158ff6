package dev.sluice.experiments.study.energy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.experiments.study.grid.Block;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.CellResult;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.grid.GridResults;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.energy.EnergyConstant;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.sim.trace.LinkTrace;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EnergyStudyTest {
  @Test
  void getsOneConstantWrongAtATime() {
    Map<String, EnergyModel> variants = EnergyStudy.variants("pi4-one-core+lte", List.of(0.5, 1.5));
    EnergyModel published = EnergyModel.named("pi4-one-core+lte");

    assertThat(variants.values()).doesNotHaveDuplicates();
    assertThat(variants).containsEntry("as published", published);
    assertThat(variants.get("tail power x 1.5"))
        .isEqualTo(published.scaled(EnergyConstant.TAIL_POWER, 1.5));
  }

  private static final GridConfig GRID =
      new GridConfig(
          List.of("made up"),
          1000,
          List.of(new GridConfig.Device("slow", 120, 20)),
          List.of(new GridConfig.Link("link", 1.0, null, 40, List.of(), null, null)),
          null,
          List.of(
              new GridConfig.Task(
                  "energy",
                  "p95_latency <= 400 ms, accuracy >= final - 1 pt; minimise device_energy",
                  new GridConfig.LoadSpec(null, 1.0, null))),
          List.of("sluice"),
          121,
          20,
          20,
          1,
          1);

  private static final EnergyStudy.Config CONFIG =
      new EnergyStudy.Config(
          GRID,
          List.of("pi4-one-core+wifi"),
          List.of(0.5),
          new EnergyStudy.Config.Wrong(141, List.of(0.5)));

  /** Five blocks of 20 frames. */
  private static CellResult cell(String strategy, int latePerBlock, int right, double joules) {
    Block block = new Block(20, right, 20, right, latePerBlock, 0, 0, 0, 1e9, 2e10, 0, 0, 0);
    CellKey key = new CellKey("made up", "slow", "link", "energy", strategy, 0);
    return new CellResult(
        key, Collections.nCopies(5, block), 100, "", 0, 0, true, joules, Map.of());
  }

  @Test
  void comparesWithTheBestRivalThatKeepsDeadlineAndAccuracy() {
    GridResults results =
        new GridResults(
            List.of(
                cell("sluice", 1, 20, 6),
                cell("late", 2, 20, 1),
                cell("wrong", 0, 19, 2),
                cell("cloud-only dear", 1, 20, 5),
                cell("cheap", 1, 20, 4)));
    CellKey.Point point = results.points().get(0);

    assertThat(EnergyStudy.overLeast(results, point, "", CONFIG, rival -> true)).contains(6.0 / 4);
    assertThat(EnergyStudy.overLeast(results, point, "cloud-only ", CONFIG, rival -> true))
        .contains(6.0 / 5);
    assertThat(EnergyStudy.broken(results, point, CONFIG)).isFalse();
  }

  @Test
  void comparesWithNobodyWhereNoRivalCounts() {
    GridResults results =
        new GridResults(List.of(cell("sluice", 0, 20, 6), cell("rival", 0, 20, 4)));
    CellKey.Point point = results.points().get(0);

    assertThat(EnergyStudy.overLeast(results, point, "", CONFIG, rival -> false)).isEmpty();
  }

  @Test
  void doesNotPraiseSluiceForAnswersThatAreLate() {
    GridResults results =
        new GridResults(List.of(cell("sluice", 2, 20, 1), cell("rival", 0, 20, 9)));
    CellKey.Point point = results.points().get(0);

    assertThat(EnergyStudy.overLeast(results, point, "", CONFIG, rival -> true)).isEmpty();
    assertThat(EnergyStudy.broken(results, point, CONFIG)).isTrue();
  }

  @Test
  void measuresWrongConstantsOnAPartOfTheGrid() {
    GridConfig part = CONFIG.part();

    assertThat(part.frames()).isEqualTo(141);
    assertThat(part.seeds()).isEqualTo(1);
    assertThat(part.sweep()).isEqualTo(new GridConfig.Sweep(List.of(0.5), List.of()));
    assertThat(part.strategies()).isEqualTo(GRID.strategies());
  }

  /** A radio that costs nothing to send by makes sending worth more. */
  @Test
  void rivalsPlanWithTheConstantsOfTheRun() {
    StreamReplay replay = Courses.synthetic(4, 1000 * Courses.MS);
    Question question = GRID.tasks().get(0).question();
    LinkTrace link = Courses.link(20_000, 40, 0, 0);
    Course course = new Course("link", replay, question, link, Courses.rows(10, replay), 1);
    Set<Plan> plans = new HashSet<>();
    for (String model :
        List.of("pi4-one-core+wifi", "pi4-one-core+3g", "pi4-one-core+lte", "pi4-one-core+wire")) {
      Contender rival = EnergyStudy.entrants(model).named("neurosurgeon, energy", replay.facts());
      plans.add(
          rival
              .maker()
              .prepare(replay.facts(), question)
              .apply(course)
              .planner()
              .decide(course.mean(), Optional.empty(), 0)
              .plan());
    }

    assertThat(plans).hasSizeGreaterThan(1);
  }

  @Test
  void callsARankTurnedOnlyWhereItIsClearOnBothSides() {
    assertThat(EnergyStudy.turns(1.3, 0.9)).isTrue();
    assertThat(EnergyStudy.turns(0.9, 1.3)).isTrue();
    assertThat(EnergyStudy.turns(1.3, 1.1)).isFalse();
    assertThat(EnergyStudy.turns(1.3, 0.99)).isFalse();
  }

  @Test
  void looksAtEveryTwoThatKeepDeadlineAndAccuracy() {
    GridConfig three =
        new GridConfig(
            GRID.bundles(),
            GRID.pictures(),
            GRID.devices(),
            GRID.links(),
            null,
            GRID.tasks(),
            List.of("sluice", "device-only", "cloud-only best", "spinn"),
            GRID.frames(),
            GRID.warmUpFrames(),
            GRID.blockFrames(),
            GRID.seeds(),
            GRID.points());
    EnergyStudy.Config config =
        new EnergyStudy.Config(three, CONFIG.models(), CONFIG.factors(), CONFIG.wrong());
    Map<String, GridResults> byVariant =
        Map.of(
            "as published",
            new GridResults(
                List.of(
                    cell("sluice", 0, 20, 1),
                    cell("device-only", 0, 20, 4),
                    cell("cloud-only best", 0, 20, 6),
                    cell("spinn", 2, 20, 3))),
            "tail power x 0.5",
            new GridResults(
                List.of(
                    cell("sluice", 0, 20, 1),
                    cell("device-only", 0, 20, 4),
                    cell("cloud-only best", 0, 20, 2),
                    cell("spinn", 2, 20, 3))));

    List<EnergyStudy.Rank> ranks = EnergyStudy.ranks(config, "made up", byVariant);

    assertThat(ranks)
        .extracting(rank -> rank.one() + " " + rank.other())
        .containsExactlyInAnyOrder(
            "sluice device-only", "sluice cloud-only best", "device-only cloud-only best");
    assertThat(ranks.stream().filter(EnergyStudy.Rank::turned))
        .singleElement()
        .satisfies(
            rank -> {
              assertThat(rank.isSluices()).isFalse();
              assertThat(rank.published()).isEqualTo(4.0 / 6);
              assertThat(rank.wrong()).isEqualTo(2);
            });
  }

  @Test
  void leavesOutConstantsThatAreZero() {
    Map<String, EnergyModel> variants =
        EnergyStudy.variants("pi4-one-core+wire", List.of(0.5, 1.5));

    assertThat(variants.values()).doesNotHaveDuplicates();
  }
}

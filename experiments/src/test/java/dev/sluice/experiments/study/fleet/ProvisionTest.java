package dev.sluice.experiments.study.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.fleet.Provision.Answer;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvisionTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Setting ONE = new Setting(1, 1, 1);
  private static final Setting BATCHES = new Setting(4, 1, 8);
  private static final Setting POOL = new Setting(4, 3, 8);
  private static final List<Setting> SETTINGS = List.of(ONE, Setting.USUAL, BATCHES, POOL);

  @TempDir private Path folder;

  // --- what is claimed --------------------------------------------------------------------------

  private static Load load(int devices, boolean holds, double workerNanos) {
    return new Load(
        devices, holds, 1000, 0.5, 0.3, 0, 0, 9e7, 1.4e8, 0.9, 0.9, 900, workerNanos, 0);
  }

  private static Answer holds(Way way, Setting setting, int devices, int tooMany) {
    return new Answer(
        way, setting, new Found(List.of(load(devices, true, 1e6), load(tooMany, false, 1e6))));
  }

  private static Answer never(Way way) {
    return new Answer(way, Setting.USUAL, new Found(List.of(load(1, false, 1e6))));
  }

  private static Answer needless(Way way) {
    return new Answer(way, Setting.USUAL, new Found(List.of(load(160, true, 0))));
  }

  private static List<Answer> answers(Answer... more) {
    List<Answer> answers =
        new ArrayList<>(
            List.of(
                never(Way.DEVICE_ONLY),
                holds(Way.CLOUD_PICTURE, ONE, 100, 104),
                holds(Way.CLOUD_PICTURE, Setting.USUAL, 500, 520),
                holds(Way.CLOUD_PICTURE, BATCHES, 900, 930),
                holds(Way.CLOUD_PICTURE, POOL, 800, 830),
                holds(Way.SPLIT, ONE, 120, 125),
                holds(Way.SPLIT, Setting.USUAL, 700, 720),
                holds(Way.SPLIT, BATCHES, 900, 930),
                holds(Way.SPLIT, POOL, 1190, 1230),
                holds(Way.SLUICE, ONE, 200, 210),
                holds(Way.SLUICE, Setting.USUAL, 1000, 1050),
                holds(Way.SLUICE, BATCHES, 1500, 1550),
                holds(Way.SLUICE, POOL, 1400, 1450)));
    answers.addAll(List.of(more));
    return answers;
  }

  private static Claim claim(List<Answer> answers, String part) {
    return new ProvisionReport(answers, SETTINGS)
        .claims().stream().filter(claim -> claim.name().contains(part)).findFirst().orElseThrow();
  }

  @Test
  void comparesAllOfSluiceWithTheBestWayThatLacksAPart() {
    List<Answer> answers = answers(never(Way.EXITS));

    Claim splits = claim(answers, "without splits, usual");
    assertThat(splits.measured()).isCloseTo(500 / 1000.0, within(1e-9));
    assertThat(splits.low()).isCloseTo(500 / 1050.0, within(1e-9));
    assertThat(splits.high()).isCloseTo(520 / 1000.0, within(1e-9));
    assertThat(claim(answers, "without exits, usual").measured()).isCloseTo(0.7, within(1e-9));
    /* In a pool a split does nearly as well without exits. */
    assertThat(claim(answers, "without exits, the worst").measured())
        .isCloseTo(1190 / 1400.0, within(1e-9));
    assertThat(new ProvisionReport(answers, SETTINGS).claims())
        .filteredOn(claim -> claim.name().startsWith("workers,"))
        .hasSize(4)
        .allMatch(Claim::holds);
  }

  @Test
  void failsWhereAWayNeedsFewerWorkersOrNone() {
    assertThat(claim(answers(holds(Way.EXITS, Setting.USUAL, 1001, 1051)), "splits, usual").holds())
        .isFalse();
    assertThat(claim(answers(needless(Way.EXITS)), "splits, usual").holds()).isFalse();
    assertThat(claim(answers(needless(Way.EXITS)), "exits, usual").holds()).isTrue();
  }

  @Test
  void showsWhatNeedsNoWorkerOrHoldsWithNone() {
    List<String> lines = new ProvisionReport(answers(needless(Way.EXITS)), SETTINGS).text().lines();

    assertThat(lines).anyMatch(line -> line.matches("exits only +4 threads +any +0 .*"));
    assertThat(lines)
        .anyMatch(line -> line.matches("device only +4 threads +none +never holds .*"));
    assertThat(lines).anyMatch(line -> line.matches("all of Sluice +1 thread +200 +5000 .*"));
  }

  @Test
  void failsWhereSomethingIsNotKnown() {
    /* The search for the exits failed, so that nobody knows what they would need. */
    assertThat(claim(answers(), "splits, usual").holds()).isFalse();
    assertThat(claim(answers(), "splits, the worst").holds()).isFalse();
    assertThat(claim(answers(), "exits, usual").holds()).isTrue();
    List<Answer> hopeless = answers(never(Way.EXITS));
    hopeless.removeIf(answer -> answer.way() == Way.SLUICE);
    hopeless.add(never(Way.SLUICE));
    assertThat(new ProvisionReport(hopeless, SETTINGS).claims()).noneMatch(Claim::holds);
  }

  @Test
  void saysWhatLargerWorkersBatchesAndPoolsAreWorth() {
    List<Answer> answers = answers(never(Way.EXITS));

    assertThat(claim(answers, "4 threads over 1").measured())
        .isCloseTo(1000.0 / 200 / 4, within(1e-9));
    assertThat(claim(answers, "batches of 8 over 4 threads").measured())
        .isCloseTo(1.5, within(1e-9));
    Claim pool = claim(answers, "pool of 3, batches of 8 over 4 threads, batches of 8");
    assertThat(pool.measured()).isCloseTo(1400 / 1500.0, within(1e-9));
    assertThat(pool.holds()).isFalse();
  }

  @Test
  void drawsWorkersBySettingAndNamesWhoNeverHolds() {
    Figure.Bars bars =
        (Figure.Bars) new ProvisionReport(answers(never(Way.EXITS)), SETTINGS).figure();

    assertThat(bars.groups())
        .containsExactlyElementsOf(SETTINGS.stream().map(Setting::title).toList());
    assertThat(bars.bars().stream().map(Series::name))
        .containsExactly(Way.CLOUD_PICTURE.title(), Way.SPLIT.title(), Way.SLUICE.title());
    assertThat(bars.bars().get(2).points().get(1).y()).isCloseTo(1000, within(1e-9));
    assertThat(bars.bars().get(2).points().get(1).low()).isCloseTo(1e6 / 1050, within(1e-9));
    assertThat(bars.note()).contains("device only, exits only");
  }

  // --- what is measured -------------------------------------------------------------------------

  private final BundleFacts facts =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 200, 10, 6_000_000, true), 1);

  private Provision provision() throws Exception {
    Objective goal =
        Objective.parse("p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise uplink_bytes");
    Cameras cameras = new Cameras(facts, facts.certify(), Cameras.models(goal), 16);
    return new Provision(cameras, SECOND, 3 * SECOND, 1);
  }

  private String run(ByteArrayOutputStream console, int threads) throws Exception {
    StudyContext context =
        new StudyContext(
            true, 1, folder, folder, new PrintStream(console, true, StandardCharsets.UTF_8));
    try (Cells cells = context.cells("provision", threads)) {
      List<Answer> found = provision().find(cells, List.of(ONE, Setting.USUAL));
      assertThat(context.out().resolve("cells.jsonl")).isNotEmptyFile();
      return new ProvisionReport(found, List.of(ONE, Setting.USUAL)).loads().toString();
    }
  }

  @Test
  void looksAtOtherWorkersWhereWorkersMatterAndMeasuresNothingTwice() throws Exception {
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    ByteArrayOutputStream again = new ByteArrayOutputStream();

    String measured = run(first, 2);
    String resumed = run(again, 1);

    assertThat(measured).contains("device only, 4 threads", "all of Sluice, 1 thread");
    /* The slowest devices are late alone, with workers of whatever size. */
    assertThat(measured).doesNotContain("device only, 1 thread,");
    assertThat(resumed).isEqualTo(measured);
    assertThat(again.toString(StandardCharsets.UTF_8)).contains("5 of 5 cells are done already");
  }
}

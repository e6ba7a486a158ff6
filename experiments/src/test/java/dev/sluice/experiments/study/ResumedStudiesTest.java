package dev.sluice.experiments.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.experiments.report.CsvFile;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Track;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Studies that were killed midway, under conditions so small that they take seconds. */
class ResumedStudiesTest {
  private static final String SHARED = "sluice.shared";
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-28T12:00:00Z"), ZoneOffset.UTC);

  private static final String HERD =
      """
      devices: 4
      joining: 2
      threads: 1
      slowdown: 20
      seconds: 20
      deadlineMillis: 180
      periodMillis: 250
      deviceFactor: 40
      uplinkMbit: 20
      roundTripMillis: 20
      codecs: [jpeg-75]
      every: 40
      goals: ["p95_latency <= 180 ms; minimise mean_latency"]
      mixtures: [alike]
      strategies: [sluice, plain]
      seeds: 2
      """;

  private static final String FLOORS =
      """
      poolDrives: 4
      tables: 2
      smaller: [20]
      device: {networkMillis: 250, scalarFactor: 20}
      periodMillis: 100
      questions: ["p95_latency <= 150 ms, accuracy >= final - 2 pt; minimise worker_compute"]
      links: [{name: cell, uplinkMbit: 2, roundTripMillis: 40}]
      """;

  private static final String CODEC =
      """
      networks: [{name: roadsigns, train: 8, select: 2, test: 8, mostLostPoints: 5}]
      mostCuts: 2
      pictures: {qualities: [50], scales: [1]}
      rival: {levels: [4], exchanges: [0.12]}
      search: {steps: [0.7], lambdas: [0.12], fitSamples: 4, firstSamples: 2, samples: 2, mostPerCut: 1}
      """;

  private static final String REGRET =
      """
      bundles: [roadsigns]
      pictures: 50
      device: {name: slow, networkMillis: 250, scalarFactor: 20}
      periodMillis: 100
      everyTrace: 1
      frames: 50
      questions:
        - name: uplink
          objective: "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise uplink_bytes"
      statics: 1
      freeOracle: false
      """;

  private static final String PROMISE =
      """
      bundles: [roadsigns]
      pictures: 60
      device: {name: slow, networkMillis: 250, scalarFactor: 20}
      trace: even.up
      objective: "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise uplink_bytes"
      periodMillis: 100
      minutes: 1.5
      outage: {fromMinute: 0.3, minutes: 0.1}
      throttling: {fromMinute: 0.6, minutes: 0.2, slowdown: 1.5}
      shift: {fromMinute: 1.2, minutes: 0.1, classes: 0.5}
      strategies: [sluice]
      """;

  @TempDir private Path folder;
  private String sharedBefore = "";

  /** Two recordings of 20 s: one that is even, and one of half its rate in every other second. */
  @BeforeEach
  void record() throws IOException {
    sharedBefore = System.getProperty(SHARED, "");
    System.setProperty(SHARED, folder.resolve("shared").toString());
    Path traces = Files.createDirectories(folder.resolve("shared/traces/mahimahi"));
    List<String> slots =
        IntStream.range(0, 2000).map(i -> 10 * i).mapToObj(String::valueOf).toList();
    Files.write(traces.resolve("even.up"), slots);
    Files.write(
        traces.resolve("odd.up"),
        IntStream.range(0, 2000)
            .filter(i -> i % 200 < 100 || i % 2 == 0)
            .mapToObj(slots::get)
            .toList());
  }

  @AfterEach
  void forget() {
    if (sharedBefore.isEmpty()) {
      System.clearProperty(SHARED);
    } else {
      System.setProperty(SHARED, sharedBefore);
    }
  }

  @Test
  void aHerdThatWasKilledComesToTheSame() throws Exception {
    assertComesToTheSame("herd", HERD, 4, "course.csv");
  }

  @Test
  void floorsThatWereKilledComeToTheSame() throws Exception {
    assertComesToTheSame("floors", FLOORS, 2, "floors.csv");
  }

  @Test
  void codecsThatWereKilledComeToTheSame() throws Exception {
    assertComesToTheSame("codec", CODEC, 3, "test.csv", "select.csv", "answers.csv");
  }

  @Test
  void regretThatWasKilledComesToTheSame() throws Exception {
    assertComesToTheSame("regret", REGRET, 2, "regret.csv", "runs.csv", "rivals.csv");
  }

  @Test
  void aPromiseThatWasKilledComesToTheSameAndIsDrawn() throws Exception {
    StudyContext again = assertComesToTheSame("promise", PROMISE, 3, "minutes.csv");

    Figure.Timeline drawn = (Figure.Timeline) again.figures().get(0);
    assertThat(drawn.tracks())
        .extracting(Track::title)
        .containsExactly(
            "what happens",
            "uplink",
            "plan in use",
            "latency",
            "exits taken",
            "accuracy off the uncut network's, by minute",
            "late, by minute");
    assertThat(((Track.Spans) drawn.tracks().get(0)).spans())
        .extracting(Track.Span::label)
        .containsExactly("outage", "throttling", "shift");
  }

  /**
   * Runs a study through, and again in a folder with what a kill leaves: half of the cells and a
   * torn line.
   *
   * @param cells how many there are
   * @param tables whose rows must be the same, but for measured times
   * @return the context of the run that went on
   */
  private StudyContext assertComesToTheSame(String name, String yaml, int cells, String... tables)
      throws Exception {
    Path through = Files.createDirectories(folder.resolve("through"));
    Path killed = Files.createDirectories(folder.resolve("killed"));
    run(name, yaml, through);
    List<String> journal = Files.readAllLines(through.resolve(StudyContext.JOURNAL));
    assertThat(journal).hasSize(cells);
    String torn = journal.get(cells / 2);
    Files.writeString(
        killed.resolve(StudyContext.JOURNAL),
        String.join("\n", journal.subList(0, cells / 2))
            + "\n"
            + torn.substring(0, torn.length() / 2));
    copyDrawn(through, killed);

    StudyContext again = run(name, yaml, killed);

    List<String> went = Files.readAllLines(killed.resolve(StudyContext.JOURNAL));
    assertThat(went).hasSize(cells);
    assertThat(went.subList(0, cells / 2)).isEqualTo(journal.subList(0, cells / 2));
    for (String table : tables) {
      assertThat(rows(killed.resolve(table)))
          .as(table)
          .isNotEmpty()
          .isEqualTo(rows(through.resolve(table)));
    }
    assertThat(killed.resolve(RunFolder.SUMMARY))
        .hasSameTextualContentAs(through.resolve(RunFolder.SUMMARY));
    return again;
  }

  /** A stream is on the disk, second by second, before its cell counts as finished. */
  private static void copyDrawn(Path from, Path to) throws IOException {
    Path timelines = from.resolve("timelines");
    if (Files.isDirectory(timelines)) {
      Files.createDirectories(to.resolve("timelines"));
      try (var files = Files.list(timelines)) {
        for (Path file : files.toList()) {
          Files.copy(file, to.resolve("timelines").resolve(file.getFileName()));
        }
      }
    }
  }

  private StudyContext run(String name, String yaml, Path out) throws Exception {
    Path file = Files.writeString(folder.resolve("conditions.yaml"), yaml);
    Path home = Path.of("").toAbsolutePath().getParent();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream console = new PrintStream(said, true, StandardCharsets.UTF_8);
    StudyContext context = new StudyContext(false, 7, out, home, console).withConfig(file);
    StudyRun.of(Studies.find(name).orElseThrow(), context, "as typed", CLOCK);
    assertThat(context.failures()).as(said.toString(StandardCharsets.UTF_8)).isEmpty();
    return context;
  }

  private static List<List<String>> rows(Path file) throws IOException {
    CsvFile csv = CsvFile.read(file, Integer.MAX_VALUE);
    List<List<String>> rows = new ArrayList<>();
    for (List<String> row : csv.rows()) {
      rows.add(
          IntStream.range(0, row.size())
              .filter(i -> !csv.columns().get(i).endsWith("_ns"))
              .mapToObj(row::get)
              .collect(Collectors.toList()));
    }
    return rows;
  }

  @ParameterizedTest
  @ValueSource(strings = {"herd", "floors", "codec", "regret", "promise"})
  void readsItsOwnConditionsAndRefusesAFieldThatItDoesNotKnow(String name) throws Exception {
    Study study = Studies.find(name).orElseThrow();
    String own;
    try (var in = study.getClass().getResourceAsStream(name + ".yaml")) {
      own = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Path file = Files.writeString(folder.resolve("conditions.yaml"), own + "\nperiodMilis: 3\n");
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    StudyContext context = new StudyContext(false, 7, folder, folder, nowhere).withConfig(file);

    assertThat(study.configurable()).isTrue();
    assertThatThrownBy(() -> study.run(context))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("unknown field 'periodMilis'; did you mean '");
  }
}

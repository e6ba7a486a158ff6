package dev.sluice.experiments.study.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.trouble.OutageStudy;
import dev.sluice.sim.trace.LinkTrace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StudyFileTest {
  private static final String GOOD =
      """
      bundles: [roadsigns]
      pictures: 400
      devices: [{name: slow, networkMillis: 250, scalarFactor: 20}]
      links:
        - {name: cell, uplinkMbit: 1, downlinkMbit: 2, roundTripMillis: 60}
      sweep: {uplinkMbit: [2, 0.5], roundTripMillis: [10]}
      tasks:
        - name: worker
          objective: "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute"
          load: {poisson: 4}
      strategies: [sluice, spinn]
      frames: 200
      warmUpFrames: 10
      blockFrames: 20
      seeds: 2
      points: 0.5
      quick: {seeds: 1, strategies: [sluice]}
      """;

  private static final String RECORDED =
      "{name: cell, recorded: folder/drive.up, fromSeconds: 2, roundTripMillis: 60}";

  @TempDir private Path folder;

  private static GridConfig read(String text, boolean quick) {
    return StudyFile.parse(text, "study.yaml", quick, GridConfig.class);
  }

  @Test
  void readsWhatAFileSays() throws IOException {
    GridConfig config = read(GOOD, false);

    assertThat(config.strategies()).containsExactly("sluice", "spinn");
    assertThat(config.seeds()).isEqualTo(2);
    assertThat(config.allLinks())
        .extracting(GridConfig.Link::name)
        .containsExactly("cell", "2 Mbit/s, 10 ms", "0.5 Mbit/s, 10 ms");
    assertThat(
            config.links().get(0).trace(Path.of("none")).orElseThrow().meanUplinkBytesPerSecond())
        .isEqualTo(125_000);
    assertThat(
            config.links().get(0).trace(Path.of("none")).orElseThrow().meanDownlinkBytesPerSecond())
        .isEqualTo(250_000);
  }

  /** Three seconds: 1 Mbit/s, nothing, 2 Mbit/s. */
  @Test
  void beginsARecordedLinkWhereItSays() throws IOException {
    Path file = folder.resolve("folder/drive.up");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "0 1\n1 0\n2 2\n3 2\n");
    GridConfig config = read(withLink(RECORDED), false);
    LinkTrace link = config.links().get(0).trace(folder).orElseThrow();

    assertThat(link.stepAt(0).uplinkBytesPerSecond()).isEqualTo(250_000);
    assertThat(link.stepAt(0).roundTripNanos()).isEqualTo(60_000_000);
    assertThat(link.looping()).isTrue();
    long end = link.durationNanos();
    assertThat(link.stepAt(end - 1_000_000_000L).uplinkBlocked()).isTrue();
    assertThat(link.stepAt(end - 2_000_000_000L).uplinkBytesPerSecond()).isEqualTo(125_000);
  }

  @Test
  void refusesToBeginARecordedLinkBehindItsEnd() throws IOException {
    Path file = folder.resolve("folder/drive.up");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "0 1\n1 0\n2 2\n3 2\n");
    GridConfig config = read(withLink(RECORDED.replace("fromSeconds: 2", "fromSeconds: 5")), false);

    assertThatThrownBy(() -> config.links().get(0).trace(folder))
        .isInstanceOf(DemoException.class)
        .hasMessageContaining("link cell: fromSeconds 5.0 is beyond the end of folder/drive.up");
  }

  @Test
  void goesOnWithoutARecordingThatIsNotThereAndSaysSo() throws IOException {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    StudyContext context =
        new StudyContext(
            true, 1, folder, folder, new PrintStream(console, true, StandardCharsets.UTF_8));

    assertThat(read(withLink(RECORDED), false).traces(context))
        .containsOnlyKeys("2 Mbit/s, 10 ms", "0.5 Mbit/s, 10 ms");
    assertThat(console.toString(StandardCharsets.UTF_8))
        .contains("cell takes no part: there is no folder/drive.up");
  }

  /** A run that goes on is given a copy of what it began with. */
  @Test
  void knowsConditionsOfSomebodysOwnFromACopyOfTheStudys() throws IOException {
    Path copy = folder.resolve("copy.yaml");
    try (InputStream shipped = OutageStudy.class.getResourceAsStream("outage.yaml")) {
      Files.copy(shipped, copy);
    }
    assertThat(asked(Optional.empty())).isTrue();
    assertThat(asked(Optional.of(copy))).isTrue();
    Files.writeString(copy, Files.readString(copy).replace("[roadsigns,", "[ roadsigns,"));
    assertThat(asked(Optional.of(copy))).isFalse();
  }

  private boolean asked(Optional<Path> conditions) throws IOException {
    StudyContext context = new StudyContext(true, 1, folder, folder, System.out);
    conditions.ifPresent(context::withConfig);
    StudyFile.read(context, OutageStudy.class, "outage.yaml", GridConfig.class);
    return context.shippedConditions();
  }

  @Test
  void refusesALinkOfBothKindsOrNone() {
    assertThatThrownBy(
            () -> read(withLink(RECORDED.replace("recorded", "uplinkMbit: 1, recorded")), false))
        .hasMessageContaining("either uplinkMbit or recorded")
        .hasMessageContaining("links[0]");
    assertThatThrownBy(() -> read(withLink("{name: cell, roundTripMillis: 60}"), false))
        .hasMessageContaining("either uplinkMbit or recorded");
    assertThatThrownBy(
            () -> read(withLink("{uplinkMbit: 1, fromSeconds: 2, roundTripMillis: 60}"), false))
        .hasMessageContaining("fromSeconds is where a recording begins");
  }

  private static String withLink(String link) {
    return GOOD.replace("{name: cell, uplinkMbit: 1, downlinkMbit: 2, roundTripMillis: 60}", link);
  }

  @Test
  void replacesFieldsInAQuickRunOnly() {
    GridConfig config = read(GOOD, true);

    assertThat(config.strategies()).containsExactly("sluice");
    assertThat(config.seeds()).isEqualTo(1);
    assertThat(config.frames()).isEqualTo(200);
  }

  @Test
  void readsAPublishedDevice() {
    String slow = "{name: slow, networkMillis: 250, scalarFactor: 20}";

    GridConfig config =
        read(GOOD.replace(slow, slow + ", {profile: pi4}, {name: board, profile: pi5}"), false);

    assertThat(config.devices())
        .extracting(GridConfig.Device::name)
        .containsExactly("slow", "pi4", "board");
    for (String wrong :
        List.of(
            "{profile: pi9}",
            "{name: none}",
            "{name: half, networkMillis: 3}",
            "{profile: pi4, networkMillis: 3, scalarFactor: 1}",
            "{networkMillis: 3, scalarFactor: 1}")) {
      assertThatThrownBy(() -> read(GOOD.replace(slow, wrong), false))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("device");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // what is there | what is put there | what is said of it
        "frames: 200 | frames: 200.7 | 12: frames must be a whole number, not 200.7",
        "frames: 200 | frames: many | 12: frames must be a whole number, not 'many'",
        "frames: 200 | frames: [200] | 12: frames must be a whole number, not a list",
        "frames: 200 | frames: | 12: frames must be a whole number, not nothing",
        "points: 0.5 | points: half | 16: points must be a number, not 'half'",
        "uplinkMbit: 1 | uplinkMbit: fast | 5: links[0].uplinkMbit must be a number, not 'fast'",
        "[2, 0.5] | [2, slow] | 6: sweep.uplinkMbit[1] must be a number, not 'slow'",
        "[2, 0.5] | 2 | 6: sweep.uplinkMbit must be a list such as [a, b], not 2",
        "strategies: [sluice, spinn] | strategies: {a: 1} |"
            + " 11: strategies must be a list such as [a, b], not fields (a)",
        "{poisson: 4} | often | 10: tasks[0].load must be fields (inFlight, poisson,",
        "{seeds: 1, | {seeds: one, | 17: seeds must be a whole number, not 'one'"
      })
  void saysWhatAFieldMustBeAndWhatItIs(String there, String put, String said) {
    assertThatThrownBy(() -> read(GOOD.replace(there, put), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("study.yaml:" + said);
  }

  @Test
  void knowsWhetherSluiceTakesPart() {
    assertThat(read(GOOD, false).aboutSluice().strategies()).contains("sluice");
    assertThatThrownBy(() -> read(GOOD.replace("[sluice, spinn]", "[spinn]"), false).aboutSluice())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("strategies must hold 'sluice'");
  }

  @Test
  void saysWhatAMistypedFieldMayHaveMeant() {
    assertThatThrownBy(() -> read(GOOD.replace("blockFrames", "blokFrames"), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "study.yaml: unknown field 'blokFrames'; did you mean 'blockFrames'?");
  }

  @Test
  void saysWhereAMistypedFieldIs() {
    assertThatThrownBy(
            () -> read(GOOD.replace("{name: cell, uplinkMbit", "{name: cell, uplink"), false))
        .hasMessageContaining("unknown field 'uplink' in links[0]; did you mean 'uplinkMbit'?");
  }

  @Test
  void refusesAMistakeUnderQuickInAFullRunToo() {
    assertThatThrownBy(() -> read(GOOD.replace("quick: {seeds", "quick: {seed"), false))
        .hasMessageContaining("did you mean 'seeds'?");
  }

  @Test
  void refusesAMissingField() {
    assertThatThrownBy(() -> read(GOOD.replace("seeds: 2\n", ""), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("study.yaml")
        .hasMessageContaining("seeds");
  }

  @Test
  void refusesAFieldThatIsThereTwice() {
    assertThatThrownBy(() -> read(GOOD + "frames: 300\n", false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("study.yaml:")
        .hasMessageContaining("frames");
  }

  @Test
  void namesTheReasonOfAnObjectiveThatIsNone() {
    assertThatThrownBy(() -> read(GOOD.replace("minimise worker_compute", "minimise work"), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("study.yaml: the objective, at character 59: unknown metric 'work'")
        .hasMessageEndingWith(" in tasks[0]");
  }

  @Test
  void refusesALoadOfTwoKinds() {
    assertThatThrownBy(() -> read(GOOD.replace("{poisson: 4}", "{poisson: 4, inFlight: 2}"), false))
        .hasMessageContaining("one of inFlight, poisson, periodMillis");
  }

  @Test
  void refusesTooFewFramesForItsBlocks() {
    assertThatThrownBy(() -> read(GOOD.replace("frames: 200", "frames: 60"), false))
        .hasMessageContaining("at least 4 blocks of 20 frames");
  }

  @Test
  void refusesMoreFramesThanPictures() {
    assertThatThrownBy(() -> read(GOOD.replace("pictures: 400", "pictures: 399"), false))
        .hasMessageContaining("seeds x frames = 2 x 200 must not be more than pictures: 399")
        .hasMessageContaining("raise pictures, or lower seeds or frames");
  }

  @Test
  void refusesAStrategyThatIsThereTwice() {
    assertThatThrownBy(() -> read(GOOD.replace("[sluice, spinn]", "[sluice, sluice]"), false))
        .hasMessageContaining("the strategy 'sluice' is there twice");
  }

  @Test
  void refusesWhatIsNoStudy() {
    assertThatThrownBy(() -> read("just words", false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("study.yaml");
  }
}

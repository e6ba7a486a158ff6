package dev.sluice.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.experiments.report.WholeFile;
import dev.sluice.experiments.study.Studies;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ProgramsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void experimentNamesTheStudyThatWasMeant(@TempDir Path folder) throws Exception {
    Path results = folder.resolve("out");
    int status =
        execute(ExperimentMain.commandLine(), "run", "overhed", "--out", results.toString());

    assertThat(status).isEqualTo(2);
    assertThat(err.toString().lines()).singleElement().asString().contains("'overhead'");
    assertThat(results).doesNotExist();
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void experimentNamesTheCommandThatWasMeant() {
    assertThat(execute(ExperimentMain.commandLine(), "lists")).isEqualTo(2);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith(
            "sluice experiment: unknown command 'lists'; did you mean 'list'? Commands: run,"
                + " list,");
  }

  @Test
  void experimentListsItsStudies() {
    assertThat(execute(ExperimentMain.commandLine(), "list")).isZero();
    assertThat(out.toString().lines())
        .hasSameSizeAs(Studies.all())
        .anyMatch(line -> line.startsWith("demo") && !line.endsWith("(--config)"))
        .anyMatch(line -> line.startsWith("regret") && line.endsWith("(--config)"));
  }

  @Test
  void experimentSaysWhichStudiesTakeConditions() {
    int status =
        execute(
            ExperimentMain.commandLine(), "run", "demo", "--config", "my.yaml", "--out", "nowhere");

    assertThat(status).isEqualTo(2);
    assertThat(err.toString())
        .contains("the study demo takes no --config; these do: ablation, ", "regret", "herd");
  }

  @ParameterizedTest
  @CsvSource({
    "regret, regret/regret.yaml",
    "latency-sla, sweep/latency-sla.yaml",
    "promise, promise/promise.yaml",
    "herd, herd/herd.yaml",
    "floors, floors/floors.yaml"
  })
  void experimentShowsWhereAnObjectiveOfAFileIsWrong(
      String study, String resource, @TempDir Path folder) throws Exception {
    Path conditions = folder.resolve("mine.yaml");
    try (InputStream shipped = Studies.class.getResourceAsStream(resource)) {
      String good = new String(shipped.readAllBytes(), StandardCharsets.UTF_8);
      Files.writeString(conditions, good.replaceFirst("(min|max)imise ", "$1imise x"));
    }
    Path out = folder.resolve("out");
    String[] words = {"run", study, "--config", conditions.toString(), "--out", out.toString()};

    assertThat(execute(ExperimentMain.commandLine(), words)).isEqualTo(1);
    List<String> lines = err.toString().lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0))
        .contains("mine.yaml: the objective, at character ", "unknown metric 'x", "did you mean '")
        .doesNotContain("^");
    int caret = lines.get(2).indexOf('^');
    assertThat(lines.get(1).substring(caret)).startsWith("x");
    assertThat(out).as("nothing was begun").doesNotExist();
  }

  @Test
  void demoRefusesAnObjectiveThatIsNone() {
    int status = execute(DemoMain.commandLine(), "--bundle", ".", "--objective", "be quick");

    assertThat(status).isEqualTo(2);
    assertThat(err.toString().lines())
        .hasSize(3)
        .endsWith("  be quick", "  ^")
        .first()
        .asString()
        .contains("--objective, at character 1");
  }

  @Test
  void demoNamesTheBundleThatIsMissing() {
    int status = execute(DemoMain.commandLine(), "--bundle", "no/such/bundle");

    assertThat(status).isEqualTo(2);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .contains("no/such/bundle")
        .contains("--bundle");
  }

  @Test
  void demoNamesTheFileOfAFolderThatIsNoBundle(@TempDir Path folder) {
    int status = execute(DemoMain.commandLine(), "--bundle", folder.toString());

    assertThat(status).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .contains(folder.getFileName().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bogus", "overhead", "overhead --quick --out x", ""})
  void experimentNamesItsCommandsAndStudies(String arguments) {
    String[] words = arguments.isEmpty() ? new String[0] : arguments.split(" ");
    assertThat(execute(ExperimentMain.commandLine(), words)).isEqualTo(2);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .contains("run", "list", "overhead", "demo");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run",
        "run overhead",
        "run overhead --resume x",
        "run --resume no/such/folder",
        "report no/such/folder",
        "compare no/such/folder no/such/folder",
        "compare bundles bundles --margin 2"
      })
  void experimentRefusesWrongUse(String arguments) {
    assertThat(execute(ExperimentMain.commandLine(), arguments.split(" "))).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "No space left on device",
        "out/link/rates.csv: No space left on device",
        "cannot note cell 'a' (No space left on device); free space, then run it again"
      })
  void saysOnceWhatToDoAboutAFullDisk(String message) {
    CommandLine writes = Failures.handledBy(new CommandLine(new FailsToWrite(message)));

    assertThat(execute(writes)).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .contains(message)
        .containsOnlyOnce("free space");
  }

  @Test
  void saysWhichFileOfAStudyCannotBeWritten() {
    Path full = Path.of("/dev/full/results.csv");
    assertThatThrownBy(() -> WholeFile.write(full, "a"))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("cannot write " + full, "choose another folder");
  }

  @CommandLine.Command(name = "writes")
  private record FailsToWrite(String message) implements Callable<Integer> {
    @Override
    public Integer call() throws IOException {
      throw new IOException(message);
    }
  }

  @Test
  void reportSaysThatAFolderHoldsNoRun(@TempDir Path empty) {
    assertThat(execute(ExperimentMain.commandLine(), "report", empty.toString())).isEqualTo(1);
    assertThat(err.toString().lines()).singleElement().asString().contains("holds no run");
  }

  @Test
  void compareEndsWithOneWhereAClaimIsGone(@TempDir Path folder) throws Exception {
    String claim =
        "{\"name\": \"a\", \"measured\": 1, \"unit\": \"\", \"wanted\": \"<= 2\", \"samples\": 1,"
            + " \"spread\": [1, 1]}";
    Path before = run(folder.resolve("before"), "{\"claims\": [" + claim + "]}");
    Path after = run(folder.resolve("after"), "{\"claims\": []}");

    String[] words = {"compare", before.toString(), after.toString(), "--json"};
    assertThat(execute(ExperimentMain.commandLine(), words)).isEqualTo(1);
    assertThat(out.toString()).contains("\"regression\" : true");
    assertThat(
            execute(ExperimentMain.commandLine(), "compare", before.toString(), before.toString()))
        .isZero();
    assertThat(execute(ExperimentMain.commandLine(), "report", before.toString())).isZero();
    assertThat(before.resolve("report.html")).exists();
  }

  private static Path run(Path folder, String summary) throws Exception {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("run.json"), "{\"study\": \"sample\"}");
    Files.writeString(folder.resolve("summary.json"), summary);
    return folder;
  }

  @Test
  void demoSaysWhatItExpectsInAFolderOfData(@TempDir Path empty) {
    String bundle = "bundles/roadsigns";
    String data = empty.toString();
    assertThat(execute(DemoMain.commandLine(), "--bundle", bundle, "--data", data)).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .contains(data, "train/", "data_batch_");
  }

  @Test
  void demoWantsAFileForItsResultBeforeItRuns(@TempDir Path folder) {
    assertThat(execute(DemoMain.commandLine(), "--json", folder.toString())).isEqualTo(2);
    assertThat(err.toString().lines()).singleElement().asString().contains(folder.toString());
  }

  @Test
  void demoWantsTheBundleThatDataAreFor() {
    assertThat(execute(DemoMain.commandLine(), "--data", ".")).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
  }

  private int execute(CommandLine commandLine, String... arguments) {
    return commandLine
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }
}

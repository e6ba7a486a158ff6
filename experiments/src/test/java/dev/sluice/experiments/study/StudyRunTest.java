package dev.sluice.experiments.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.RawTable.Column;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyRunTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-28T12:00:00Z"), ZoneOffset.UTC);

  @TempDir private Path folder;

  /** Measures nothing, but leaves one of everything. */
  private record Sample(String name, boolean fails) implements Study {
    @Override
    public String question() {
      return "Does it?";
    }

    @Override
    public List<Claim> run(StudyContext context) throws IOException {
      context.seed("frames");
      context.input("bundle", context.home().resolve("experiments/bundles/roadsigns"));
      context.input("trace", "0 1\n1 2\n");
      context.input("missing", context.home().resolve("no such file"));
      context.leftOut("resnet20", "left out: resnet20 is not found");
      context.leftOut("resnet20", "left out: resnet20 is not found");
      context.failure("worker 2", new IOException("connection reset"));
      context.table(
          "cells",
          "cells.csv",
          List.of(Column.key("name"), Column.cost("ms")),
          List.of(List.of("a, \"b\"", 3)));
      context.figure(
          Figure.Cdf.of("Latency", "", Axis.of("latency", "ms"), Map.of("a", new double[] {1, 2})));
      if (fails) {
        throw new IllegalStateException("the worker died");
      }
      return List.of(Claim.of("latency", 3, "ms", "<= 4", 1));
    }
  }

  @Test
  void leavesACompleteRecord() throws Exception {
    run(new Sample("sample", false));

    JsonNode record = json(RunFolder.RECORD);
    assertThat(record.path("status").asText()).isEqualTo("finished");
    assertThat(record.path("started").asText()).isEqualTo("2026-11-28T12:00:00Z");
    assertThat(record.path("ended").asText()).isEqualTo("2026-11-28T12:00:00Z");
    assertThat(record.path("command").asText()).isEqualTo("as typed");
    assertThat(record.path("seed").asLong()).isEqualTo(7);
    assertThat(record.path("seeds").has("frames")).isTrue();
    assertThat(record.path("machine").path("jvm").asText()).isNotBlank();
    assertThat(record.path("inputs").path("bundle").asText()).hasSize(64);
    assertThat(record.path("inputs").path("trace").asText()).isEqualTo(Digests.of("0 1\n1 2\n"));
    assertThat(record.path("inputs").path("missing").asText()).isEqualTo("missing");
    assertThat(record.path("bundles").path("bundle").asText()).hasSize(64);
    assertThat(record.path("left_out")).hasSize(1);
    assertThat(record.path("left_out").path(0).asText()).isEqualTo("resnet20: not found");
    assertThat(record.path("failures").path(0).path("error").asText())
        .isEqualTo("IOException: connection reset");
    RunFolder left = RunFolder.read(folder);
    assertThat(left.claims()).hasSize(1);
    assertThat(left.figures()).hasSize(1);
    assertThat(left.tables()).hasSize(1);
    assertThat(folder.resolve("report.html")).exists();
  }

  @Test
  void leavesWhatThereIsWhenAStudyFails() throws Exception {
    assertThatThrownBy(() -> run(new Sample("sample", true)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the worker died");

    assertThat(json(RunFolder.RECORD).path("status").asText()).isEqualTo("failed");
    assertThat(json(RunFolder.RECORD).path("error").asText()).contains("the worker died");
    RunFolder left = RunFolder.read(folder);
    assertThat(left.claims()).isEmpty();
    assertThat(left.figures()).hasSize(1);
    assertThat(folder.resolve("report.html")).exists();
    assertThat(Files.readString(folder.resolve("cells.csv")))
        .isEqualTo("name,ms\n\"a, \"\"b\"\"\",3\n");
  }

  /** Its conditions do not fit. */
  private record Misfit(String name) implements Study {
    @Override
    public String question() {
      return "Is it?";
    }

    @Override
    public List<Claim> run(StudyContext context) {
      throw new StudyFileException("a.yaml: unknown field 'b'", new IllegalArgumentException());
    }
  }

  @Test
  void conditionsThatDoNotFitLeaveAnEarlierRunAsItWas() throws Exception {
    run(new Sample("sample", false));
    Map<String, String> before = files();

    assertThatThrownBy(() -> run(new Misfit("sample"))).isInstanceOf(StudyFileException.class);

    assertThat(files()).isEqualTo(before);
  }

  @Test
  void conditionsThatDoNotFitLeaveNothing() {
    assertThatThrownBy(() -> run(new Misfit("sample"))).isInstanceOf(StudyFileException.class);

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void onlyOneRunHasAFolder() throws Exception {
    FolderLock first = FolderLock.of(folder).orElseThrow();
    assertThat(FolderLock.of(folder)).isEmpty();
    first.close();
    assertThat(folder).isEmptyDirectory();
    FolderLock.of(folder).orElseThrow().close();
  }

  private Map<String, String> files() throws IOException {
    Map<String, String> texts = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.toList()) {
        texts.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return texts;
  }

  @Test
  void keepsOutOfTheFolderOfAnotherStudy() throws Exception {
    run(new Sample("sample", false));

    assertThatThrownBy(() -> run(new Sample("other", false)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holds a run of the study sample");
  }

  @Test
  void remembersTheRunsThatItGoesOnWith() throws Exception {
    assertThatThrownBy(() -> run(new Sample("sample", true)))
        .isInstanceOf(IllegalStateException.class);
    Files.writeString(folder.resolve(StudyContext.JOURNAL), "");

    run(new Sample("sample", false));

    assertThat(json(RunFolder.RECORD).path("earlier")).hasSize(1);
    assertThat(json(RunFolder.RECORD).path("earlier").path(0).path("status").asText())
        .isEqualTo("failed");
  }

  private void run(Study study) throws Exception {
    Path home = Path.of("").toAbsolutePath().getParent();
    PrintStream console =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    StudyRun.of(study, new StudyContext(false, 7, folder, home, console), "as typed", CLOCK);
  }

  private JsonNode json(String file) throws IOException {
    return new ObjectMapper().readTree(folder.resolve(file).toFile());
  }
}

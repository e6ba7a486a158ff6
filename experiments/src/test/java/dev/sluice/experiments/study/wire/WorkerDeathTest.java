package dev.sluice.experiments.study.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.RunFolder;
import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.StudyRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerDeathTest {
  @TempDir private Path folder;

  /** Asks a worker's process of its own what memory it holds, cell by cell. */
  private record Killing(String victim) implements Study {
    @Override
    public String name() {
      return "killing";
    }

    @Override
    public String question() {
      return "What if a worker is killed in the middle?";
    }

    @Override
    public List<Claim> run(StudyContext context) throws IOException, InterruptedException {
      try (Cells cells = context.cells("", 1)) {
        Map<String, Long> held =
            cells.measure(List.of("first", "second", "third"), Long.class, this::heapBytes);
        assertThat(held.values()).allMatch(bytes -> bytes > 0);
        return List.of(Claim.of("workers that told", held.size(), "of 3", "= 3", held.size()));
      }
    }

    private long heapBytes(String key) throws InterruptedException {
      Set<Long> before = children();
      try (EchoProcess worker = EchoProcess.start()) {
        long bytes = worker.memory().heapBytes();
        if (key.equals(victim)) {
          ProcessHandle.current()
              .children()
              .filter(child -> !before.contains(child.pid()))
              .forEach(WorkerDeathTest::kill);
          return worker.memory().heapBytes();
        }
        return bytes;
      }
    }
  }

  private static Set<Long> children() {
    return ProcessHandle.current()
        .children()
        .map(ProcessHandle::pid)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static void kill(ProcessHandle worker) {
    worker.destroyForcibly();
    worker.onExit().join();
  }

  @Test
  void isRecordedAndTheStudyGoesOn() throws Exception {
    run("second");

    JsonNode record = record();
    assertThat(record.path("status").asText()).isEqualTo("finished");
    assertThat(record.path("failures")).hasSize(1);
    assertThat(record.path("failures").path(0).toString())
        .contains("second")
        .contains("the echo worker ended with status 137");
    assertThat(RunFolder.read(folder).claims()).hasSize(1);
    assertThat(RunFolder.read(folder).claims().get(0).holds()).isFalse();
  }

  @Test
  void isMeasuredAgainWhenTheStudyIsResumed() throws Exception {
    run("third");
    assertThat(record().path("failures")).hasSize(1);
    run("nobody");

    assertThat(record().path("failures")).isEmpty();
    assertThat(RunFolder.read(folder).claims().get(0).holds()).isTrue();
  }

  private void run(String victim) throws Exception {
    PrintStream console =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    StudyContext context =
        new StudyContext(false, 7, folder, Path.of("").toAbsolutePath().getParent(), console);
    StudyRun.of(new Killing(victim), context, "as typed", Clock.systemUTC());
  }

  private JsonNode record() throws IOException {
    return new ObjectMapper().readTree(folder.resolve(RunFolder.RECORD).toFile());
  }
}

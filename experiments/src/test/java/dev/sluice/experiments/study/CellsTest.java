package dev.sluice.experiments.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CellsTest {
  private static final List<String> KEYS = List.of("a", "b", "c", "d", "e");

  @TempDir private Path folder;
  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private final Queue<String> measured = new ConcurrentLinkedQueue<>();

  @Test
  void givesResultsInTheOrderOfTheCells() throws Exception {
    assertThat(run(context(1), "x", key -> key + "!"))
        .containsExactlyEntriesOf(inOrder("a", "b", "c", "d", "e"));
  }

  @Test
  void goesOnAfterACellThatFailedAndNotesIt() throws Exception {
    StudyContext context = context(1);

    Map<String, String> results = run(context, "x", CellsTest::failAtC);

    assertThat(results.keySet()).containsExactly("a", "b", "d", "e");
    assertThat(context.failures())
        .containsExactly(new Failure("c", "IllegalStateException: the worker died"));
    assertThat(console.toString(StandardCharsets.UTF_8)).contains("failed: c", "1 failed");
  }

  @Test
  void measuresOnlyWhatIsMissingWhenResumed() throws Exception {
    run(context(1), "x", CellsTest::failAtC);
    measured.clear();

    Map<String, String> results = run(context(1), "x", key -> key + "!");

    assertThat(measured).containsExactly("c");
    assertThat(results).containsExactlyEntriesOf(inOrder("a", "b", "c", "d", "e"));
    assertThat(console.toString(StandardCharsets.UTF_8)).contains("4 of 5 cells are done already");
  }

  @Test
  void measuresAnewUnderAnotherSeedConfigurationOrInput() throws Exception {
    Path input = Files.writeString(folder.resolve("trace"), "1");
    StudyContext first = context(1);
    first.input("trace", input);
    run(first, "x", key -> key + "!");

    measured.clear();
    StudyContext otherSeed = context(2);
    otherSeed.input("trace", input);
    run(otherSeed, "x", key -> key);
    assertThat(measured).hasSize(KEYS.size());

    measured.clear();
    StudyContext otherConfiguration = context(1);
    otherConfiguration.input("trace", input);
    run(otherConfiguration, "y", key -> key);
    assertThat(measured).hasSize(KEYS.size());

    measured.clear();
    Files.writeString(input, "2");
    StudyContext otherInput = context(1);
    otherInput.input("trace", input);
    run(otherInput, "x", key -> key);
    assertThat(measured).hasSize(KEYS.size());
  }

  @Test
  void stopsWhereResultsCannotBeKept() throws IOException {
    StudyContext context = context(1);
    Journal journal = context.journal("x");
    journal.close();

    try (Cells cells = new Cells(context, journal, 2)) {
      assertThatThrownBy(() -> cells.measure(KEYS, String.class, key -> key))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot note cell");
    }
  }

  private Map<String, String> run(
      StudyContext context, String configuration, Cells.Work<String> work) throws Exception {
    try (Cells cells = context.cells(configuration, 2)) {
      return cells.measure(
          KEYS,
          String.class,
          key -> {
            measured.add(key);
            return work.measure(key);
          });
    }
  }

  private static String failAtC(String key) {
    if (key.equals("c")) {
      throw new IllegalStateException("the worker died");
    }
    return key + "!";
  }

  private static Map<String, String> inOrder(String... keys) {
    Map<String, String> expected = new java.util.LinkedHashMap<>();
    for (String key : keys) {
      expected.put(key, key + "!");
    }
    return expected;
  }

  private StudyContext context(long seed) {
    return new StudyContext(
        false, seed, folder, folder, new PrintStream(console, true, StandardCharsets.UTF_8));
  }
}

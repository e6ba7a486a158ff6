package dev.sluice.experiments.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ProgressTest {
  private static final long SECOND = 1_000_000_000L;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final AtomicLong clock = new AtomicLong(77);

  @Test
  void judgesTheTimeLeftByTheCellsOfThisRun() {
    Progress progress = progress(10, 6, 0);

    clock.addAndGet(30 * SECOND);
    progress.finished("g");

    assertThat(lines())
        .containsExactly(
            "6 of 10 cells are done already",
            "7 of 10 cells, 30 s gone, about 1 min 30 s left (g)");
  }

  @Test
  void isSilentUntilALineIsDueButShowsTheLastCell() {
    Progress progress = progress(3, 0, 5 * SECOND);

    clock.addAndGet(SECOND);
    progress.finished("a");
    clock.addAndGet(SECOND);
    progress.finished("b");
    clock.addAndGet(SECOND);
    progress.finished("c");

    assertThat(lines()).containsExactly("3 of 3 cells, 3 s gone, done (c)");
  }

  @Test
  void countsFailuresApart() {
    Progress progress = progress(2, 0, 0);

    clock.addAndGet(2 * SECOND);
    progress.failed("a", "the worker died");

    assertThat(lines())
        .containsExactly(
            "failed: a: the worker died", "0 of 2 cells, 1 failed, 2 s gone, about 2 s left (a)");
  }

  static Stream<Arguments> spans() {
    return Stream.of(
        arguments(0L, "0 s"),
        arguments(59 * SECOND, "59 s"),
        arguments(61 * SECOND, "1 min 1 s"),
        arguments(7_260 * SECOND, "2 h 1 min"));
  }

  @ParameterizedTest
  @MethodSource("spans")
  void writesSpansInTheirTwoLargestUnits(long nanos, String text) {
    assertThat(Progress.span(nanos)).isEqualTo(text);
  }

  private Progress progress(int total, int resumed, long everyNanos) {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new Progress(out, total, resumed, clock::get, everyNanos);
  }

  private List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }
}

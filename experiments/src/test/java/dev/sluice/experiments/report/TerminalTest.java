package dev.sluice.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TerminalTest {
  private static final long SECOND = 1_000_000_000;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void writesPlainLinesEveryFewSecondsWhereThereIsNoTerminal() {
    Terminal terminal = new Terminal(out, false, 5 * SECOND);
    for (int tick = 0; tick <= 50; tick++) {
      terminal.show(tick * SECOND / 5, List.of("a", "b"), "plain " + tick);
    }

    assertThat(text()).doesNotContain("\u001b");
    assertThat(text().lines()).containsExactly("plain 0", "plain 25", "plain 50");
  }

  @Test
  void repaintsInPlaceOnATerminal() {
    Terminal terminal = new Terminal(out, true, 5 * SECOND);
    terminal.show(0, List.of("a", "b"), "plain");
    terminal.show(1, List.of("c", "d"), "plain");

    assertThat(text()).isEqualTo("\u001b[2Ka\n\u001b[2Kb\n\u001b[2A\u001b[2Kc\n\u001b[2Kd\n");
  }

  @Test
  void leavesPrintedLinesAlone() {
    Terminal terminal = new Terminal(out, true, 5 * SECOND);
    terminal.show(0, List.of("a"), "plain");
    terminal.print("stays");
    terminal.show(1, List.of("b"), "plain");

    assertThat(text()).endsWith("stays\n\u001b[2Kb\n");
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }
}

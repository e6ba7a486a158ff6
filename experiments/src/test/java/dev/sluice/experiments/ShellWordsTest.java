package dev.sluice.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShellWordsTest {
  @Test
  void leavesPlainWordsAsTheyAre() {
    assertThat(ShellWords.of(List.of("./sluice", "run", "--out", "out/link-2_a", "--seed=7")))
        .isEqualTo("./sluice run --out out/link-2_a --seed=7");
  }

  @Test
  void quotesWhatAShellWouldTakeApart() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "there is no /bin/sh to ask");
    List<String> words =
        List.of(
            "my runs/one", "it's", "$HOME", "a;b", "*", "", "~/x", "a\\b", "two\nlines", "\"q\"");

    String line = "printf '%s\\0' " + ShellWords.of(words);
    Process shell = new ProcessBuilder("/bin/sh", "-c", line).start();
    String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(said).isEqualTo(String.join("\0", words) + "\0");
  }
}

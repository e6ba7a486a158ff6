package dev.sluice.experiments.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  record Result(double rate, List<Long> counts, String note) {}

  private static final Result LTE = new Result(0.25, List.of(1L, 2L), "line\nend and \"quote\" é");
  private static final Result WIFI = new Result(Double.NaN, List.of(), "");

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("cells.jsonl");
  }

  @Test
  void findsWhatAnEarlierRunFinished() throws IOException {
    try (Journal journal = Journal.open(file, "a")) {
      journal.put("lte", LTE);
      journal.put("wifi", WIFI);
    }

    try (Journal journal = Journal.open(file, "a")) {
      assertThat(journal.size()).isEqualTo(2);
      assertThat(journal.find("lte", Result.class)).contains(LTE);
      assertThat(journal.find("wifi", Result.class)).contains(WIFI);
      assertThat(journal.find("5g")).isEmpty();
    }
  }

  @Test
  void doesNotFindCellsOfAnotherConfigurationButKeepsThem() throws IOException {
    try (Journal journal = Journal.open(file, "a")) {
      journal.put("lte", LTE);
    }
    try (Journal journal = Journal.open(file, "b")) {
      assertThat(journal.find("lte")).isEmpty();
      journal.put("lte", WIFI);
    }
    try (Journal journal = Journal.open(file, "a")) {
      assertThat(journal.find("lte", Result.class)).contains(LTE);
    }
  }

  @Test
  void keepsTheLaterResultOfACell() throws IOException {
    try (Journal journal = Journal.open(file, "a")) {
      journal.put("lte", LTE);
      journal.put("lte", WIFI);
    }
    try (Journal journal = Journal.open(file, "a")) {
      assertThat(journal.find("lte", Result.class)).contains(WIFI);
    }
  }

  @Test
  void survivesBeingCutAtEveryByte() throws IOException {
    try (Journal journal = Journal.open(file, "a")) {
      journal.put("one", LTE);
      journal.put("two", WIFI);
    }
    byte[] whole = Files.readAllBytes(file);

    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      Files.write(file, cut);
      int complete = (int) new String(cut, StandardCharsets.UTF_8).lines().count();
      boolean torn = length > 0 && cut[length - 1] != '\n';
      try (Journal journal = Journal.open(file, "a")) {
        assertThat(journal.size()).as("cut at %d", length).isEqualTo(complete - (torn ? 1 : 0));
        journal.put("three", LTE);
      }
      try (Journal journal = Journal.open(file, "a")) {
        assertThat(journal.find("three", Result.class)).as("cut at %d", length).contains(LTE);
      }
    }
  }

  /** The end of a line may reach the disk before its middle does. */
  @Test
  void dropsALastLineThatIsNotWholeThoughItEnds() throws IOException {
    try (Journal journal = Journal.open(file, "a")) {
      journal.put("one", LTE);
    }
    Files.writeString(file, "{\"cell\": \"two\0\0\0\n", java.nio.file.StandardOpenOption.APPEND);

    try (Journal journal = Journal.open(file, "a")) {
      assertThat(journal.size()).isEqualTo(1);
      journal.put("two", WIFI);
    }
    try (Journal journal = Journal.open(file, "a")) {
      assertThat(journal.find("two", Result.class)).contains(WIFI);
    }
  }

  @Test
  void namesADamagedLineInTheMiddle() throws IOException {
    try (Journal journal = Journal.open(file, "a")) {
      journal.put("one", LTE);
    }
    Files.writeString(file, "{\"cell\": 3}\n" + Files.readString(file));

    assertThatThrownBy(() -> Journal.open(file, "a"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 1 is damaged");
  }

  @Test
  void refusesToBeOpenTwice() throws IOException {
    try (Journal journal = Journal.open(file, "a")) {
      assertThatThrownBy(() -> Journal.open(file, "a"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use by another run");
      journal.put("one", LTE);
    }
  }

  @Test
  void saysWhichResultIsOfAnotherType() throws IOException {
    try (Journal journal = Journal.open(file, "a")) {
      journal.put("one", "a text");

      assertThatThrownBy(() -> journal.find("one", Result.class))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cell 'one' is no Result");
    }
  }
}

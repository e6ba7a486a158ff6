package dev.sluice.experiments.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StudiesTest {
  @Test
  void findsTheNameThatWasMeant() {
    assertThat(Studies.nearest("overhed")).isEqualTo("overhead");
    assertThat(Studies.nearest("dmeo")).isEqualTo("demo");
  }

  @Test
  void countsEdits() {
    assertThat(Nearest.edits("kitten", "sitting")).isEqualTo(3);
    assertThat(Nearest.edits("", "abc")).isEqualTo(3);
    assertThat(Nearest.edits("same", "same")).isZero();
  }

  @Test
  void hasNamesThatAreWrittenAlikeAndOnce() {
    List<String> names = Studies.all().stream().map(Study::name).toList();

    assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.matches("[a-z0-9-]+"));
    assertThat(Studies.all()).noneMatch(study -> study.question().isBlank());
  }
}

package dev.sluice.experiments.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StudiesTest {
  @Test
  void findsTheNameThatWasMeant() {
    assertThat(Studies.nearest("overhed")).isEqualTo("overhead");
    assertThat(Studies.nearest("dmeo")).isEqualTo("demo");
  }

  @ParameterizedTest
  @CsvSource({
    "bandwidth, bandwidth-sweep",
    "latency, latency-sla",
    "server, server-load",
    "trace, traces",
    "outages, outage"
  })
  void findsTheStudyOfAName(String typed, String meant) {
    assertThat(Studies.nearest(typed)).isEqualTo(meant);
  }

  @Test
  void hasNamesThatAreWrittenAlikeAndOnce() {
    List<String> names = Studies.all().stream().map(Study::name).toList();

    assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.matches("[a-z0-9-]+"));
    assertThat(Studies.all()).noneMatch(study -> study.question().isBlank());
  }
}

package dev.sluice.experiments.study.overhead;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlternationTest {
  @Test
  void givesEveryWayItsTurnInEveryRound() throws Exception {
    List<String> runs = new ArrayList<>();
    Alternation turns = new Alternation();
    int first = turns.add(() -> runs.add("a"));
    int second = turns.add(() -> runs.add("b"));

    double[][] micros = turns.measure(4, 0, 0);

    assertThat(first).isZero();
    assertThat(second).isEqualTo(1);
    assertThat(micros).hasDimensions(2, 4);
    // One run each to warm up; then blocks of two runs that do not count and three that do.
    String blocks = "aaaaa" + "bbbbb" + "bbbbb" + "aaaaa";
    assertThat(String.join("", runs)).isEqualTo("ab" + blocks + blocks);
  }
}

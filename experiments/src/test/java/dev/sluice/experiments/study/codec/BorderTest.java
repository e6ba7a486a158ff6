package dev.sluice.experiments.study.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BorderTest {
  private static final int CANDIDATES = 21;
  private static final int MOST_ASKED = 5; // Twenty-two places for a border: log₂ 22 < 5.

  private static List<Integer> candidates() {
    return IntStream.range(0, CANDIDATES).boxed().toList();
  }

  private static List<Integer> asked(Border<Integer> border) {
    List<Integer> asked = new ArrayList<>();
    for (Optional<Integer> middle = border.middle(); middle.isPresent(); middle = border.middle()) {
      asked.add(middle.get());
      border.move();
    }
    return asked;
  }

  @Test
  void findsTheFirstThatQualifiesAndAsksTheOneBeforeIt() {
    for (int first = 0; first <= CANDIDATES; first++) {
      int border = first;
      List<Integer> asked = asked(new Border<>(candidates(), candidate -> candidate >= border));
      assertThat(asked).as("border at %d", border).hasSizeLessThanOrEqualTo(MOST_ASKED);
      List<Integer> neighbours =
          IntStream.of(border - 1, border).filter(i -> i >= 0 && i < CANDIDATES).boxed().toList();
      assertThat(asked).as("border at %d", border).containsAll(neighbours);
    }
  }

  @Test
  void asksNoneOfThoseThatWereDropped() {
    Border<Integer> border = new Border<>(candidates(), candidate -> false);
    border.dropLargest(candidate -> candidate >= 4);
    assertThat(asked(border)).isNotEmpty().allMatch(candidate -> candidate < 4);
  }

  @Test
  void nothingIsAskedOfNobody() {
    assertThat(new Border<Integer>(List.of(), candidate -> true).middle()).isEmpty();
  }
}

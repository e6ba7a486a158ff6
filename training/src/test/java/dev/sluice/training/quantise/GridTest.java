package dev.sluice.training.quantise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GridTest {
  @Test
  void countsAsOnPaper() {
    // [-1, 3]: 255 steps of 4/255; zero is 63.75 steps from the left, so byte 64.
    Grid grid = Grid.over(-1, 3);

    assertThat(grid.scale()).isEqualTo(4f / 255);
    assertThat(grid.zeroPoint()).isEqualTo(64);
    assertThat(grid.quantise(0)).isEqualTo(64);
    assertThat(grid.quantise(1)).isEqualTo(64 + 64);
    assertThat(grid.quantise(-9)).isZero();
    assertThat(grid.quantise(9)).isEqualTo(255);
  }

  @Test
  void holdsZeroExactlyWhateverTheInterval() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 1000; i++) {
      double a = 10 * random.nextDouble() - 5;
      Grid grid = Grid.over(a, a + 7 * random.nextDouble());

      assertThat(grid.value(grid.quantise(0))).isZero();
    }
  }

  @Test
  void leavesItsOwnValuesAsTheyAreHoweverOftenTheyAreRounded() {
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < 200; i++) {
      Grid grid = Grid.over(-random.nextDouble() * 8, random.nextDouble() * 8);
      for (int q = 0; q < 256; q++) {
        assertThat(grid.quantise(grid.value(q))).isEqualTo(q);
      }
    }
  }

  @Test
  void clampsLikeAReluWhereNothingIsBelowZero() {
    Grid grid = Grid.over(0, 6);

    assertThat(grid.zeroPoint()).isZero();
    assertThat(grid.quantise(-2)).isZero();
    assertThat(grid.most()).isEqualTo(6f);
  }

  @Test
  void takesATensorThatIsAlwaysZero() {
    assertThat(Grid.over(0, 0).quantise(0)).isZero();
  }

  @Test
  void refusesWhatIsNoInterval() {
    assertThatThrownBy(() -> Grid.over(Double.NaN, 1)).hasMessageContaining("no interval");
    assertThatThrownBy(() -> Grid.over(0, Double.POSITIVE_INFINITY))
        .hasMessageContaining("no interval");
    assertThatThrownBy(() -> new Grid(0, 3)).hasMessageContaining("no grid");
    assertThatThrownBy(() -> new Grid(1, 256)).hasMessageContaining("no grid");
  }
}

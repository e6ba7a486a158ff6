package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DivergenceTest {
  private static final double TOLERANCE = 1e-6;

  @Test
  void isZeroForTheSameAnswerWhateverTheScaleOfTheLogits() {
    assertThat(Divergence.of(new float[] {1, 2, 3}, new float[] {101, 102, 103}))
        .isCloseTo(0, within(TOLERANCE));
  }

  @Test
  void isWhatIsWorkedOutByHandForTwoClasses() {
    // Three to one against one to one: 0.75 ln 1.5 + 0.25 ln 0.5.
    float three = (float) Math.log(3);

    assertThat(Divergence.of(new float[] {three, 0}, new float[] {0, 0}))
        .isCloseTo(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), within(TOLERANCE));
  }

  @Test
  void staysFiniteForLargeLogits() {
    assertThat(Divergence.of(new float[] {1000, 0}, new float[] {0, 1000})).isEqualTo(1000);
  }
}

package dev.sluice.model.exit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ExitScoresTest {
  private static final double TOLERANCE = 1e-6;

  @Test
  void followsTheSoftmaxByHand() {
    ExitScores scores = ExitScores.of(new float[] {0, (float) Math.log(3)}, 1);
    assertThat(scores.probabilities()[0]).isCloseTo(0.25f, within((float) TOLERANCE));
    assertThat(scores.predicted()).isEqualTo(1);
    assertThat(scores.confidence()).isCloseTo(0.75, within(TOLERANCE));
    assertThat(scores.margin()).isCloseTo(0.5, within(TOLERANCE));
    assertThat(scores.entropyNats())
        .isCloseTo(-0.25 * Math.log(0.25) - 0.75 * Math.log(0.75), within(TOLERANCE));
  }

  @Test
  void dividesTheLogitsByTheTemperature() {
    assertThat(ExitScores.of(new float[] {0, 2 * (float) Math.log(3)}, 2).confidence())
        .isCloseTo(0.75, within(TOLERANCE));
  }

  @Test
  void staysFiniteForLargeLogits() {
    ExitScores scores = ExitScores.of(new float[] {1e30f, -1e30f, 0}, 0.01);
    assertThat(scores.probabilities()).containsExactly(1, 0, 0);
    assertThat(scores.entropyNats()).isZero();
  }

  @Test
  void isUnsureOfEqualLogits() {
    ExitScores scores = ExitScores.of(new float[] {5, 5, 5, 5}, 3);
    assertThat(scores.predicted()).isZero();
    assertThat(scores.margin()).isZero();
    assertThat(scores.entropyNats()).isCloseTo(Math.log(4), within(TOLERANCE));
  }

  @Test
  void refusesWhatIsNoScore() {
    assertThatThrownBy(() -> ExitScores.of(new float[] {Float.NaN}, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ExitScores.of(new float[] {1}, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ExitScores.of(new float[0], 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ExitScores(new float[] {1.5f}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void givesItsOutputCentredAndCalibrated() {
    assertThat(ExitScores.of(new float[] {1, 2, 6}, 2).output()).containsExactly(-1, -0.5f, 1.5f);
    float[] fromProbabilities = new ExitScores(new float[] {0.25f, 0.75f}).output();
    assertThat(fromProbabilities[1] - fromProbabilities[0])
        .isCloseTo((float) Math.log(3), within((float) TOLERANCE));
    assertThat(ExitScores.of(new float[] {3e38f, 0}, 0.05).output()[0]).isEqualTo(1e6f);
  }
}

package dev.sluice.training.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemperatureScalingTest {
  private static final int SAMPLES = 20_000;
  private static final int CLASSES = 5;

  @ParameterizedTest
  @ValueSource(doubles = {0.4, 1.0, 2.5, 6.0})
  void recoversTheTemperatureFromWhichLabelsWereDrawn(double temperature) {
    SplittableRandom random = new SplittableRandom(11);
    float[][] logits = new float[SAMPLES][CLASSES];
    int[] labels = new int[SAMPLES];
    for (int s = 0; s < SAMPLES; s++) {
      double sum = 0;
      double[] weights = new double[CLASSES];
      for (int c = 0; c < CLASSES; c++) {
        logits[s][c] = (float) (temperature * 2 * random.nextDouble(-1, 1));
        weights[c] = Math.exp(logits[s][c] / temperature);
        sum += weights[c];
      }
      double draw = random.nextDouble() * sum;
      int label = 0;
      while (label < CLASSES - 1 && draw >= weights[label]) {
        draw -= weights[label++];
      }
      labels[s] = label;
    }

    // The spread of the estimate at this many samples is about 1 %.
    assertThat(TemperatureScaling.fit(logits, labels))
        .isCloseTo(temperature, within(0.04 * temperature));
  }
}

package dev.sluice.training.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.training.export.OnnxPieces.ValueRange;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReceivedMapsTest {
  private static final ValueRange CLIPPED = new ValueRange(0, 6);
  private static final int AREA = 5_000;

  @Test
  void keepsTheMeanOfEachChannelBehindTheClippingWhateverTheGain() {
    float[] original = new float[2 * AREA];
    float[] map = new float[2 * AREA];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < original.length; i++) {
      double value = 8 * random.nextDouble() - (i < AREA ? 4 : 1);
      original[i] = clip(value);
      map[i] = (float) (original[i] + random.nextDouble() - 0.4);
    }
    ReceivedMaps maps = new ReceivedMaps(2, AREA);
    maps.add(original, map);

    for (double gain : new double[] {1, 1.2}) {
      double[] biases = maps.biases(gain, Optional.of(CLIPPED));

      for (int c = 0; c < 2; c++) {
        double wanted = 0;
        double mean = 0;
        for (int i = c * AREA; i < (c + 1) * AREA; i++) {
          wanted += original[i];
          mean += clip(gain * map[i] + biases[c]);
        }
        assertThat(mean / AREA).isCloseTo(wanted / AREA, within(1e-3));
      }
    }
  }

  @Test
  void movesWhatIsNotClippedByTheDifferenceOfTheMeans() {
    ReceivedMaps maps = new ReceivedMaps(1, 4);
    maps.add(new float[] {1, 2, 3, 6}, new float[] {1, 1, 2, 4});

    assertThat(maps.biases(2, Optional.empty())).containsExactly(new double[] {-1}, within(1e-6));
  }

  @Test
  void keepsASilentChannelSilentByNoMoreThanItTakes() {
    ReceivedMaps maps = new ReceivedMaps(1, 4);
    maps.add(new float[4], new float[] {0.1f, -0.1f, 0.2f, 0});

    double bias = maps.biases(1, Optional.of(CLIPPED))[0];

    assertThat(bias).isCloseTo(-0.2, within(1e-4));
  }

  private static float clip(double value) {
    return (float) Math.max(CLIPPED.least(), Math.min(CLIPPED.most(), value));
  }
}

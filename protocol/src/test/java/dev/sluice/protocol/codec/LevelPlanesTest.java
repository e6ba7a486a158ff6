package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LevelPlanesTest {
  /** Beyond either end, by much and by little, and no numbers, two of them odd ones. */
  private static final float[] EXTREMES = {
    Float.NaN,
    Float.intBitsToFloat(0x7F80_00FF),
    Float.intBitsToFloat(0xFFC0_0011),
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    -0x1p22f,
    -0x1.8p21f,
    0x1p23f,
    -0f,
    Float.MIN_VALUE,
    -1.5f,
    300
  };

  @Test
  void wholeBlocksHaveTheLevelsOfSingleValues() {
    Random random = new Random(1);
    LevelPlanes planes = new LevelPlanes();
    float[] values = new float[LevelPlanes.CHUNK];
    for (int bits = 2; bits <= 8; bits++) {
      LevelPlanes.Scale scale =
          new LevelPlanes.Scale(random.nextInt(2), 1.3f, random.nextInt(1 << bits), bits);
      for (int i = 0; i < values.length; i++) {
        values[i] =
            random.nextInt(9) == 0
                ? EXTREMES[random.nextInt(EXTREMES.length)]
                : 60 * (float) random.nextGaussian();
      }
      planes.begin(values.length);
      assertThat(planes.set(values, 0, 0, values.length, scale)).isEqualTo(values.length);
      for (int i = 0; i < values.length; i++) {
        int expected = scale.level(values[i]);
        assertThat(planes.get(i)).as("%s by %s", values[i], scale).isEqualTo(expected);
        assertThat(expected).isBetween(0, (1 << bits) - 1);
      }
    }
  }

  @Test
  void levelsAreTheNearestAndSaturate() {
    LevelPlanes.Scale scale = new LevelPlanes.Scale(1, 2, 3, 4);
    assertThat(scale.level(1)).isEqualTo(3);
    assertThat(scale.level(1.3f)).isEqualTo(4);
    assertThat(scale.level(-1)).isZero();
    assertThat(scale.level(7.1f)).isEqualTo(15);
    assertThat(scale.level(Float.POSITIVE_INFINITY)).isEqualTo(15);
    assertThat(scale.level(Float.NEGATIVE_INFINITY)).isZero();
    assertThat(scale.level(-0x1p40f)).isZero();
    assertThat(scale.level(Float.NaN)).isZero();
  }
}

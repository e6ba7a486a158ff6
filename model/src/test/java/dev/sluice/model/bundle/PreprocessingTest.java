package dev.sluice.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreprocessingTest {
  private static final float TOLERANCE = 1e-5f;

  @Test
  void separatesChannelsAndNormalisesEach() {
    Preprocessing preprocessing = Preprocessing.parse("mean=0,0.5,1 std=1,0.5,2 size=2x1");
    byte[] rgb = {0, (byte) 255, (byte) 255, (byte) 255, 0, 0};
    assertThat(preprocessing.apply(rgb, 2, 1)).containsExactly(0, 1, 1, -1, 0, -0.5f);
  }

  @Test
  void readsScaleAndShift() {
    float[] x =
        Preprocessing.parse("scale=127.5 shift=-1 size=1")
            .apply(new byte[] {0, (byte) 128, (byte) 255}, 1, 1);
    assertThat(x[0]).isCloseTo(-1, within(TOLERANCE));
    assertThat(x[1]).isCloseTo(128 / 127.5f - 1, within(TOLERANCE));
    assertThat(x[2]).isCloseTo(1, within(TOLERANCE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "size=0",
        "size=axb",
        "size=1x2x3",
        "mean=1 size=4 scale=2",
        "mean=1,2 size=4",
        "std=0 size=4",
        "std=x size=4",
        "size=4 size=4",
        "size=4 resize=stretch",
        "size=4 colour=red",
        "mean=NaN size=4"
      })
  void saysWhatIsWrongWithAText(String text) {
    assertThatThrownBy(() -> Preprocessing.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(strings = {"crop", "scale"})
  void keepsAPlainColourWhateverTheSize(String resize) {
    Preprocessing preprocessing = Preprocessing.parse("size=5x7 resize=" + resize);
    for (int side = 1; side < 40; side++) {
      byte[] rgb = new byte[3 * side * (side + 3)];
      for (int i = 0; i < rgb.length; i++) {
        rgb[i] = (byte) (i % 3 * 100);
      }
      float[] x = preprocessing.apply(rgb, side, side + 3);
      for (int i = 0; i < x.length; i++) {
        assertThat(x[i]).isCloseTo(i / 35 * 100 / 255f, within(TOLERANCE));
      }
    }
  }

  @Test
  void interpolatesBetweenPixelCentres() {
    // Grey 0 and 200 side by side, twice as wide: centres at 1/4, 3/4, 5/4, 7/4 of the pixels.
    byte[] rgb = {0, 0, 0, (byte) 200, (byte) 200, (byte) 200};
    float[] x = Preprocessing.parse("size=4x1 resize=scale scale=1").apply(rgb, 2, 1);
    assertThat(new float[] {x[0], x[1], x[2], x[3]})
        .containsExactly(new float[] {0, 50, 150, 200}, within(1e-3f));
  }

  @Test
  void skipsNoPixelWhenItShrinks() {
    // A single bright pixel anywhere must leave a trace in a picture 4 times smaller.
    Preprocessing preprocessing = Preprocessing.parse("size=4 resize=scale");
    for (int i = 0; i < 16 * 16; i++) {
      byte[] rgb = new byte[16 * 16 * 3];
      rgb[3 * i] = (byte) 255;
      float sum = 0;
      for (float v : preprocessing.apply(rgb, 16, 16)) {
        sum += v;
      }
      assertThat(sum).as("pixel %d", i).isGreaterThan(0.01f);
    }
  }

  @Test
  void cropsAboutTheCentre() {
    // A 3x1 picture, square crop: only the middle pixel counts.
    byte[] rgb = new byte[9];
    rgb[3] = (byte) 255;
    assertThat(Preprocessing.parse("size=1").apply(rgb, 3, 1)[0]).isGreaterThan(0.49f);
    byte[] sides = new byte[5 * 3];
    sides[0] = (byte) 255;
    sides[12] = (byte) 255;
    assertThat(Preprocessing.parse("size=1").apply(sides, 5, 1)[0]).isZero();
  }

  @Test
  void givesTheSameFloatsEveryTime() {
    byte[] rgb = new byte[37 * 23 * 3];
    new Random(3).nextBytes(rgb);
    Preprocessing preprocessing = Preprocessing.parse("size=16");
    float[] first = preprocessing.apply(rgb, 37, 23);
    FloatBuffer direct = java.nio.ByteBuffer.allocateDirect(4 * 768).asFloatBuffer();
    preprocessing.apply(rgb, 37, 23, direct);
    float[] second = new float[768];
    direct.flip().get(second);
    assertThat(second).isEqualTo(first);
  }

  @Test
  void refusesPicturesThatDoNotFit() {
    Preprocessing fixed = Preprocessing.parse("size=4 resize=none");
    assertThatThrownBy(() -> fixed.apply(new byte[75], 5, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("5x5");
    assertThatThrownBy(() -> fixed.apply(new byte[47], 4, 4))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> fixed.apply(new byte[0], 65536, 65536))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> fixed.apply(new byte[48], 4, 4, FloatBuffer.allocate(47)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.sluice.protocol.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureScaleTest {
  @Test
  void sidesAreRoundedAndNeverZero() {
    PictureScale half = new PictureScale(500);
    assertThat(half.side(224)).isEqualTo(112);
    assertThat(half.side(7)).isEqualTo(4);
    assertThat(half.side(1)).isOne();
    assertThat(new PictureScale(100).side(4)).isOne();
    assertThat(new PictureScale(750).side(65_535)).isEqualTo(49_151);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 333, 500, 750, 999})
  void aPictureOfOneColourStaysOne(int permille) {
    PictureScale scale = new PictureScale(permille);
    byte[] flat = new byte[3 * 31 * 17];
    Arrays.fill(flat, (byte) 201);
    byte[] small = scale.down(flat, 31, 17);
    assertThat(small).hasSize(3 * scale.side(31) * scale.side(17)).containsOnly(201);
    assertThat(scale.up(small, 31, 17)).isEqualTo(flat);
  }

  @Test
  void aRampStaysARampAwayFromTheEdges() {
    int side = 40;
    byte[] ramp = new byte[3 * side * side];
    for (int i = 0; i < side * side; i++) {
      ramp[3 * i] = (byte) (5 * (i % side));
      ramp[3 * i + 1] = (byte) (5 * (i / side));
    }
    PictureScale half = new PictureScale(500);
    byte[] back = half.up(half.down(ramp, side, side), side, side);
    for (int y = 8; y < side - 8; y++) {
      for (int x = 8; x < side - 8; x++) {
        int at = 3 * (y * side + x);
        assertThat(back[at] & 0xFF).isBetween(5 * x - 1, 5 * x + 1);
        assertThat(back[at + 1] & 0xFF).isBetween(5 * y - 1, 5 * y + 1);
        assertThat(back[at + 2]).isZero();
      }
    }
  }

  @Test
  void interpolatesBetweenTwoPixelsAsWorkedOutByHand() {
    /*
     * Two pixels, 0 and 160, become four at -0.25, 0.25, 0.75 and 1.25 of their distance. At 0.25
     * Catmull and Rom weigh the four around it by -0.0703125, 0.8671875, 0.2265625, -0.0234375;
     * with clamped edges the second pixel counts 0.2265625 - 0.0234375 = 0.203125, which is 32.5.
     */
    byte[] two = {0, 0, 0, (byte) 160, (byte) 160, (byte) 160};
    byte[] four = new PictureScale(500).up(two, 4, 1);
    assertThat(four[3] & 0xFF).isEqualTo(33);
    assertThat(four[6] & 0xFF).isEqualTo(128);
    assertThat(four[0] & 0xFF).isZero(); // Undershoots and is clipped.
    assertThat(four[9] & 0xFF).isGreaterThan(160);
  }

  @Test
  void refusesScalesOutOfRange() {
    assertThatThrownBy(() -> new PictureScale(99)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new PictureScale(1001)).isInstanceOf(IllegalArgumentException.class);
  }
}

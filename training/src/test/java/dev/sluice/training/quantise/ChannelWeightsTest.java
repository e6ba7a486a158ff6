package dev.sluice.training.quantise;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChannelWeightsTest {
  private static final float[] NO_BIAS = {};

  @Test
  void givesEveryChannelItsOwnScale() {
    float[] weights = {1, -0.5f, 100, 25};

    ChannelWeights quantised = ChannelWeights.of(weights, 1, 2, NO_BIAS, 1, 127);

    assertThat(quantised.scales()).containsExactly(1f / 127, 100f / 127);
    // -0.5 * 127 = -63.5 and 25 * 1.27 = 31.75; ties to even.
    assertThat(quantised.values()).containsExactly(127, -64, 127, 32);
  }

  @Test
  void findsChannelsInTheLastDimensionToo() {
    // [2 inputs, 2 channels]: channel 0 is {1, 2}, channel 1 is {-8, 4}.
    float[] weights = {1, -8, 2, 4};

    ChannelWeights quantised = ChannelWeights.of(weights, 2, 2, NO_BIAS, 1, 127);

    assertThat(quantised.scales()).containsExactly(2f / 127, 8f / 127);
    assertThat(quantised.values()).containsExactly(64, -127, 127, 64);
  }

  @Test
  void keepsSevenBitsWhereTwoProductsMustFitIntoSixteen() {
    ChannelWeights quantised = ChannelWeights.of(new float[] {3, -3, 1}, 1, 1, NO_BIAS, 1, 63);

    assertThat(quantised.values()).containsExactly(63, -63, 21);
    // 255 * 63 twice stays below 2^15.
    assertThat(2 * 255 * 63).isLessThan(1 << 15);
  }

  @Test
  void writesBiasesOnTheScaleOfTheSums() {
    float[] bias = {0.5f, -2};
    ChannelWeights quantised = ChannelWeights.of(new float[] {127, 254}, 1, 2, bias, 0.25f, 127);

    assertThat(quantised.sumScales(0.25f)).containsExactly(0.25f, 0.5f);
    assertThat(quantised.bias(bias, 0.25f)).containsExactly(2, -4);
  }

  @Test
  void keepsABiasWithinThirtyTwoBitsOnAChannelThatIsAlmostDead() {
    float[] bias = {5};
    ChannelWeights quantised = ChannelWeights.of(new float[] {1e-20f}, 1, 1, bias, 0.01f, 127);

    int stored = quantised.bias(bias, 0.01f)[0];
    assertThat(stored * (double) quantised.sumScales(0.01f)[0])
        .isCloseTo(5, org.assertj.core.data.Offset.offset(1e-5));
  }

  @Test
  void takesAChannelOfZeros() {
    ChannelWeights quantised = ChannelWeights.of(new float[2], 1, 1, NO_BIAS, 1, 127);

    assertThat(quantised.values()).containsExactly(0, 0);
    assertThat(quantised.scales()).containsExactly(1f);
  }
}

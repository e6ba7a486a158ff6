package dev.sluice.training.quantise;

/**
 * Weights as signed bytes with one scale per output channel, symmetric: {@code w = q * scale}.
 *
 * <p>Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference: A
 * whitepaper", 2018, section 3.1.2: per channel, since batch normalisation folded into depthwise
 * weights leaves channels of very different sizes.
 *
 * @param values bytes in the order of the weights
 * @param scales one per channel, positive
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
record ChannelWeights(byte[] values, float[] scales) {
  /** Biases must fit into 32 bits with room for the sums that they are added to. */
  private static final double MOST_BIAS = 1 << 30;

  /**
   * Quantises weights.
   *
   * @param weights row-major
   * @param outer how many blocks hold every channel, such as 1 for {@code [channels, ...]}
   * @param channels number of channels
   * @param bias one per channel, or empty
   * @param inputScale scale of what is multiplied, for the range of the biases
   * @param most greatest byte, 127, or 63 for processors whose sums of two products saturate
   */
  static ChannelWeights of(
      float[] weights, int outer, int channels, float[] bias, float inputScale, int most) {
    int inner = weights.length / (outer * channels);
    byte[] values = new byte[weights.length];
    float[] scales = new float[channels];
    for (int c = 0; c < channels; c++) {
      float largest = 0;
      for (int o = 0; o < outer; o++) {
        int at = (o * channels + c) * inner;
        for (int i = at; i < at + inner; i++) {
          largest = Math.max(largest, Math.abs(weights[i]));
        }
      }
      double scale = largest / most;
      if (bias.length > 0) {
        scale = Math.max(scale, Math.abs(bias[c]) / (inputScale * MOST_BIAS));
      }
      scales[c] = scale >= Float.MIN_NORMAL ? (float) scale : 1;
      for (int o = 0; o < outer; o++) {
        int at = (o * channels + c) * inner;
        for (int i = at; i < at + inner; i++) {
          double rounded = Math.rint(weights[i] / scales[c]);
          values[i] = (byte) Math.max(-most, Math.min(most, rounded));
        }
      }
    }
    return new ChannelWeights(values, scales);
  }

  /** Returns the scales of sums of products with inputs of a scale. */
  float[] sumScales(float inputScale) {
    float[] sums = new float[scales.length];
    for (int c = 0; c < sums.length; c++) {
      sums[c] = inputScale * scales[c];
    }
    return sums;
  }

  /** Returns biases as 32-bit integers on the scale of the sums. */
  int[] bias(float[] bias, float inputScale) {
    float[] sums = sumScales(inputScale);
    int[] quantised = new int[bias.length];
    for (int c = 0; c < bias.length; c++) {
      quantised[c] = (int) Math.rint(bias[c] / (double) sums[c]);
    }
    return quantised;
  }
}

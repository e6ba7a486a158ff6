package dev.sluice.protocol.codec;

import javax.imageio.plugins.jpeg.JPEGQTable;

/**
 * How coarsely the coefficients of one kind of component are kept: the example table of ITU-T T.81,
 * annex K.1, scaled by the quality as the Independent JPEG Group does, but with a scale that is not
 * rounded to whole percents, as Java's own writer has it. Immutable.
 */
final class JpegQuantization {
  /** Enough for exact quotients of what {@link ForwardDct} returns by up to 255. */
  private static final int RECIPROCAL_BITS = 19;

  private final int[] steps;

  /** Half a step at the scale of {@link ForwardDct}. */
  private final int[] halves = new int[ForwardDct.SAMPLES];

  private final int[] reciprocals = new int[ForwardDct.SAMPLES];

  private JpegQuantization(int[] steps) {
    this.steps = steps;
    for (int i = 0; i < steps.length; i++) {
      halves[i] = 4 * steps[i];
      reciprocals[i] = (1 << RECIPROCAL_BITS) / steps[i] + 1;
    }
  }

  /** Returns the table for luminance, quality in 1 to 100. */
  static JpegQuantization luminance(int quality) {
    return scaled(JPEGQTable.K1Luminance, quality);
  }

  /** Returns the table for both colour components, quality in 1 to 100. */
  static JpegQuantization colour(int quality) {
    return scaled(JPEGQTable.K2Chrominance, quality);
  }

  private static JpegQuantization scaled(JPEGQTable example, int quality) {
    float share = quality / 100f;
    float scale = share < 0.5f ? 0.5f / share : 2 - 2 * share;
    int[] rowByRow = example.getScaledInstance(scale, true).getTable();
    int[] steps = new int[ForwardDct.SAMPLES];
    for (int k = 0; k < steps.length; k++) {
      steps[k] = rowByRow[ForwardDct.place(k)];
    }
    return new JpegQuantization(steps);
  }

  /** Returns the step of the k-th coefficient by rising frequency, in [1, 255]. */
  int step(int k) {
    return steps[k];
  }

  /**
   * Divides coefficients by their steps, to the nearest whole number, halves away from zero.
   *
   * @param block coefficients as {@link ForwardDct#take} has them; replaced by levels
   */
  void quantize(int[] block) {
    for (int i = 0; i < ForwardDct.SAMPLES; i++) {
      int coefficient = block[i];
      int rounded = (Math.abs(coefficient) + halves[i]) >> 3;
      int magnitude = (rounded * reciprocals[i]) >>> RECIPROCAL_BITS;
      int sign = coefficient >> 31;
      block[i] = (magnitude ^ sign) - sign;
    }
  }
}

package dev.sluice.experiments.microbench;

import java.util.Random;

/** Tensors like those of networks, by seed. */
final class SampleTensors {
  private SampleTensors() {}

  /**
   * Returns activations behind a ReLU: smooth over rows and columns, about half of them 0.
   *
   * @return elements of shape {@code [channels, rows, columns]}
   */
  static float[] activations(int channels, int rows, int columns, Random random) {
    float[] values = new float[channels * rows * columns];
    for (int channel = 0; channel < channels; channel++) {
      float scale = (float) Math.exp(0.5 * random.nextGaussian());
      float[] plane = smooth(rows, columns, 0.7f, random);
      for (int i = 0; i < plane.length; i++) {
        values[channel * plane.length + i] = scale * Math.max(0f, plane[i]);
      }
    }
    return values;
  }

  /**
   * Returns coefficients of a transform over channels, in steps: standard deviations fall from
   * channel to channel, places are energetic in all channels or in none, and neighbours resemble
   * each other.
   *
   * @param first standard deviation of the first channel, in steps
   * @param last standard deviation of the last one
   * @return elements of shape {@code [channels, rows, columns]}
   */
  static float[] coefficients(
      int channels, int rows, int columns, double first, double last, Random random) {
    float[] values = new float[channels * rows * columns];
    float[] energy = smooth(rows, columns, 0.7f, random);
    for (int channel = 0; channel < channels; channel++) {
      double share = channel / (double) Math.max(1, channels - 1);
      double scale = first * Math.pow(last / first, share);
      float[] plane = smooth(rows, columns, 0.4f, random);
      for (int i = 0; i < plane.length; i++) {
        values[channel * plane.length + i] = (float) (scale * Math.exp(0.5 * energy[i]) * plane[i]);
      }
    }
    return values;
  }

  /** Returns a plane of standard normal values, neighbours of which correlate. */
  private static float[] smooth(int rows, int columns, float correlation, Random random) {
    float[] plane = new float[rows * columns];
    float fresh = (float) Math.sqrt(1 - correlation * correlation);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int i = row * columns + column;
        float noise = (float) random.nextGaussian();
        float value = column == 0 ? noise : correlation * plane[i - 1] + fresh * noise;
        plane[i] = value;
      }
    }
    // The rows likewise, from the second on.
    for (int i = columns; i < plane.length; i++) {
      plane[i] = correlation * plane[i - columns] + fresh * plane[i];
    }
    return plane;
  }
}

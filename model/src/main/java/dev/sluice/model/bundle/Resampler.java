package dev.sluice.model.bundle;

/**
 * Separable bilinear resampling of a window of an RGB picture. When it shrinks, the triangle widens
 * to cover every source pixel, so that nothing is skipped; edges are clamped.
 */
final class Resampler {
  private static final int CHANNELS = 3;

  private Resampler() {}

  /** Returns interleaved RGB of {@code outWidth * outHeight} pixels, values in [0, 255]. */
  static float[] resample(
      byte[] rgb,
      int width,
      int height,
      double left,
      double top,
      double windowWidth,
      double windowHeight,
      int outWidth,
      int outHeight) {
    Taps columns = new Taps(left, windowWidth, width, outWidth);
    Taps rows = new Taps(top, windowHeight, height, outHeight);
    int firstRow = rows.first[0];
    int endRow = rows.first[outHeight - 1] + rows.weights[outHeight - 1].length;
    float[] across = new float[(endRow - firstRow) * outWidth * CHANNELS];
    for (int y = firstRow; y < endRow; y++) {
      for (int x = 0; x < outWidth; x++) {
        float[] weights = columns.weights[x];
        for (int c = 0; c < CHANNELS; c++) {
          int source = (y * width + columns.first[x]) * CHANNELS + c;
          float sum = 0;
          for (float weight : weights) {
            sum += weight * (rgb[source] & 0xff);
            source += CHANNELS;
          }
          across[((y - firstRow) * outWidth + x) * CHANNELS + c] = sum;
        }
      }
    }
    int stride = outWidth * CHANNELS;
    float[] out = new float[outHeight * stride];
    for (int y = 0; y < outHeight; y++) {
      for (int k = 0; k < rows.weights[y].length; k++) {
        float weight = rows.weights[y][k];
        int source = (rows.first[y] - firstRow + k) * stride;
        for (int i = 0; i < stride; i++) {
          out[y * stride + i] += weight * across[source + i];
        }
      }
    }
    return out;
  }

  /** For each output coordinate the source coordinates that count, and how much. */
  private static final class Taps {
    final int[] first;
    final float[][] weights;

    Taps(double start, double window, int length, int outLength) {
      first = new int[outLength];
      weights = new float[outLength][];
      double step = window / outLength;
      double reach = Math.max(1, step);
      for (int i = 0; i < outLength; i++) {
        double centre = start + (i + 0.5) * step;
        int from = (int) Math.max(0, Math.floor(centre - reach));
        int to = (int) Math.min(length, Math.ceil(centre + reach));
        // The triangle is zero at its ends; keep only taps that weigh something.
        while (from < to - 1 && weight(from, centre, reach) <= 0) {
          from++;
        }
        while (to > from + 1 && weight(to - 1, centre, reach) <= 0) {
          to--;
        }
        first[i] = from;
        weights[i] = new float[to - from];
        double sum = 0;
        for (int k = from; k < to; k++) {
          sum += Math.max(0, weight(k, centre, reach));
        }
        for (int k = from; k < to; k++) {
          weights[i][k - from] =
              sum > 0 ? (float) (Math.max(0, weight(k, centre, reach)) / sum) : 1f;
        }
      }
    }

    private static double weight(int pixel, double centre, double reach) {
      return 1 - Math.abs(pixel + 0.5 - centre) / reach;
    }
  }
}

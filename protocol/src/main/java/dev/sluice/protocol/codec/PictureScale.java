package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * A picture's size on the wire as a fraction of its own, and the way there and back: Lanczos'
 * kernel of three lobes down, cubic interpolation of Catmull and Rom up, both separable, edges
 * clamped. Plain float arithmetic, so that all machines get the same pixels.
 *
 * @param permille of each side, in {@code [100, 1000]}
 */
record PictureScale(int permille) {
  /** The picture as it is. */
  static final PictureScale WHOLE = new PictureScale(1000);

  private static final int CHANNELS = 3;
  private static final int LOBES = 3;
  private static final int CUBIC_REACH = 2;

  PictureScale {
    if (permille < 100 || permille > 1000) {
      throw new IllegalArgumentException("scale not in [0.1, 1]: " + permille / 1000.0);
    }
  }

  /** Returns the length on the wire of a side, at least 1. */
  int side(int original) {
    return (int) Math.max(1, ((long) original * permille + 500) / 1000);
  }

  /** Returns the picture in the size of the wire. */
  byte[] down(byte[] rgb, int width, int height) {
    return resample(rgb, width, height, side(width), side(height));
  }

  /** Returns a picture of the wire's size in its original size. */
  byte[] up(byte[] small, int width, int height) {
    return resample(small, side(width), side(height), width, height);
  }

  private static byte[] resample(
      byte[] rgb, int fromWidth, int fromHeight, int toWidth, int toHeight) {
    if (fromWidth == toWidth && fromHeight == toHeight) {
      return rgb;
    }
    Taps columns = new Taps(fromWidth, toWidth);
    float[] across = new float[fromHeight * toWidth * CHANNELS];
    for (int y = 0; y < fromHeight; y++) {
      for (int x = 0; x < toWidth; x++) {
        for (int c = 0; c < CHANNELS; c++) {
          float sum = 0;
          for (int k = 0; k < columns.count; k++) {
            int source = (y * fromWidth + columns.source(x, k)) * CHANNELS + c;
            sum += columns.weight(x, k) * (rgb[source] & 0xFF);
          }
          across[(y * toWidth + x) * CHANNELS + c] = sum;
        }
      }
    }
    Taps rows = new Taps(fromHeight, toHeight);
    int stride = toWidth * CHANNELS;
    byte[] out = new byte[toHeight * stride];
    float[] row = new float[stride];
    for (int y = 0; y < toHeight; y++) {
      Arrays.fill(row, 0.5f);
      for (int k = 0; k < rows.count; k++) {
        float weight = rows.weight(y, k);
        int source = rows.source(y, k) * stride;
        for (int i = 0; i < stride; i++) {
          row[i] += weight * across[source + i];
        }
      }
      for (int i = 0; i < stride; i++) {
        out[y * stride + i] = (byte) Math.max(0, Math.min(255, (int) row[i]));
      }
    }
    return out;
  }

  /** For each place of the result the places it comes from and their weights, which sum to 1. */
  private static final class Taps {
    final int count;
    private final int last;
    private final int[] first;
    private final float[] weights;

    Taps(int from, int to) {
      double step = (double) from / to;
      double reach = step > 1 ? LOBES * step : CUBIC_REACH;
      count = (int) Math.ceil(2 * reach) + 1;
      last = from - 1;
      first = new int[to];
      weights = new float[to * count];
      for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * step - 0.5;
        first[i] = (int) Math.floor(centre - reach) + 1;
        double sum = 0;
        double[] raw = new double[count];
        for (int k = 0; k < count; k++) {
          double distance = Math.abs(first[i] + k - centre);
          raw[k] = step > 1 ? lanczos(distance / step) : cubic(distance);
          sum += raw[k];
        }
        for (int k = 0; k < count; k++) {
          weights[i * count + k] = (float) (raw[k] / sum);
        }
      }
    }

    int source(int i, int tap) {
      return Math.max(0, Math.min(last, first[i] + tap));
    }

    float weight(int i, int tap) {
      return weights[i * count + tap];
    }

    private static double lanczos(double x) {
      if (x < 1e-9) {
        return 1;
      }
      double angle = Math.PI * x;
      return x >= LOBES
          ? 0
          : LOBES * StrictMath.sin(angle) * StrictMath.sin(angle / LOBES) / (angle * angle);
    }

    private static double cubic(double x) {
      if (x >= CUBIC_REACH) {
        return 0;
      }
      return x <= 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
    }
  }
}

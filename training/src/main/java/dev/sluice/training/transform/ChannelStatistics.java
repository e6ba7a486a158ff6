package dev.sluice.training.transform;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Mean and covariance of a cut's channels over positions and samples, being gathered. A few
 * positions per sample suffice, since neighbours say the same. Not thread-safe.
 */
public final class ChannelStatistics {
  private static final int BLOCK = 64;

  private final int channels;
  private final double[] sum;
  private final double[] products;
  private final float[] block;
  private final float[] row;
  private int filled;
  private long vectors;

  /** Starts with nothing gathered. */
  public ChannelStatistics(int channels) {
    if (channels < 1) {
      throw new IllegalArgumentException("channels must be positive: " + channels);
    }
    this.channels = channels;
    this.sum = new double[channels];
    this.products = new double[channels * channels];
    this.block = new float[channels * BLOCK];
    this.row = new float[channels];
  }

  /** Returns the statistics of all vectors that several have gathered. */
  static ChannelStatistics ofAll(List<ChannelStatistics> parts) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    ChannelStatistics all = new ChannelStatistics(parts.get(0).channels);
    for (ChannelStatistics part : parts) {
      part.flush();
      for (int c = 0; c < all.sum.length; c++) {
        all.sum[c] += part.sum[c];
      }
      for (int i = 0; i < all.products.length; i++) {
        all.products[i] += part.products[i];
      }
      all.vectors += part.vectors;
    }
    return all;
  }

  /** Returns the number of channels. */
  public int channels() {
    return channels;
  }

  /** Returns the number of vectors gathered. */
  public long vectors() {
    return vectors;
  }

  /**
   * Adds positions of one sample.
   *
   * @param chw the tensor from its position on, {@code [channels, area]}; the position does not
   *     move
   * @param area positions per channel
   * @param most how many positions to take at random, all if there are no more
   */
  public void add(FloatBuffer chw, int area, int most, SplittableRandom random) {
    add(chw, area, 0, area, most, random);
  }

  /** Adds positions of one sample from {@code from} on, before {@code to}. */
  void add(FloatBuffer chw, int area, int from, int to, int most, SplittableRandom random) {
    int base = chw.position();
    int count = Math.min(to - from, most);
    for (int i = 0; i < count; i++) {
      int at = base + from + (count == to - from ? i : random.nextInt(to - from));
      for (int c = 0; c < channels; c++) {
        block[filled * channels + c] = chw.get(at + c * area);
      }
      if (++filled == BLOCK) {
        flush();
      }
    }
    vectors += count;
  }

  /** Adds up the block, one channel with all others at a time: such a loop takes vector units. */
  private void flush() {
    for (int i = 0; i < channels; i++) {
      Arrays.fill(row, 0, i + 1, 0);
      for (int v = 0; v < filled; v++) {
        int from = v * channels;
        float value = block[from + i];
        sum[i] += value;
        for (int j = 0; j <= i; j++) {
          row[j] += value * block[from + j];
        }
      }
      for (int j = 0; j <= i; j++) {
        products[i * channels + j] += row[j];
      }
    }
    filled = 0;
  }

  /** Returns the mean of every channel. */
  double[] mean() {
    flush();
    double[] mean = new double[channels];
    for (int c = 0; c < channels; c++) {
      mean[c] = sum[c] / vectors;
    }
    return mean;
  }

  /** Returns the means of products, not of differences from the mean; symmetric. */
  public double[][] secondMoments() {
    flush();
    double[][] moments = new double[channels][channels];
    for (int i = 0; i < channels; i++) {
      for (int j = 0; j <= i; j++) {
        moments[i][j] = products[i * channels + j] / vectors;
        moments[j][i] = moments[i][j];
      }
    }
    return moments;
  }

  /** Returns the covariance matrix, symmetric. */
  double[][] covariance() {
    double[] mean = mean();
    double[][] covariance = new double[channels][channels];
    for (int i = 0; i < channels; i++) {
      for (int j = 0; j <= i; j++) {
        double value = products[i * channels + j] / vectors - mean[i] * mean[j];
        covariance[i][j] = value;
        covariance[j][i] = value;
      }
    }
    return covariance;
  }

  /**
   * Returns the covariance matrix drawn towards that of more vectors, the more so the fewer there
   * are here: few vectors say nothing of most directions.
   *
   * @param more vectors of a like kind; their covariance counts for its shape, not its size
   */
  double[][] covarianceDrawnTo(ChannelStatistics more) {
    double[][] own = covariance();
    double[][] other = more.covariance();
    double trace = trace(own);
    double otherTrace = trace(other);
    if (!(otherTrace > 0)) {
      return own;
    }
    double weight = channels / (double) (channels + vectors);
    double scale = weight * trace / otherTrace;
    for (int i = 0; i < channels; i++) {
      for (int j = 0; j < channels; j++) {
        own[i][j] = (1 - weight) * own[i][j] + scale * other[i][j];
      }
    }
    return own;
  }

  private static double trace(double[][] matrix) {
    double trace = 0;
    for (int c = 0; c < matrix.length; c++) {
      trace += matrix[c][c];
    }
    return trace;
  }
}

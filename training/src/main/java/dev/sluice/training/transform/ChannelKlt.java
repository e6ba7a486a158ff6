package dev.sluice.training.transform;

import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * The Karhunen-Loève transform over the channels of a cut: principal components in order of
 * variance. Natural activations are strongly correlated across channels, so a few components carry
 * them; after it a uniform step with an entropy coder is near the best that a linear transform
 * allows (Goyal, "Theoretical foundations of transform coding", IEEE Signal Processing Magazine 18,
 * 2001).
 *
 * <p>Given how much the answer feels each direction, the components are those of the channels
 * measured in that: error of the same size along any of them then harms the answer alike, so that
 * one step fits all, and directions which the answer does not feel are left out. (A weighted
 * squared error becomes an unweighted one by a change of variables, the root of the metric.)
 * Immutable.
 */
public final class ChannelKlt {
  private final double[] mean;
  private final double[] variances;
  private final double[][] analysis;
  private final double[][] synthesis;

  private ChannelKlt(double[] mean, double[] variances, double[][] analysis, double[][] synthesis) {
    this.mean = mean;
    this.variances = variances;
    this.analysis = analysis;
    this.synthesis = synthesis;
  }

  /**
   * Finds the components.
   *
   * @throws IllegalArgumentException if fewer than two vectors were gathered
   */
  public static ChannelKlt of(ChannelStatistics statistics) {
    return of(statistics, statistics, Optional.empty());
  }

  /**
   * Finds the components of the channels as the answer feels them.
   *
   * @throws IllegalArgumentException if fewer than two vectors were gathered, or the metric is of
   *     another size
   */
  public static ChannelKlt of(ChannelStatistics statistics, ChannelMetric metric) {
    return of(statistics, statistics, Optional.of(metric));
  }

  /**
   * Finds the components of some frequencies.
   *
   * @param all statistics of all frequencies, which help where there are few vectors
   */
  static ChannelKlt of(
      ChannelStatistics statistics, ChannelStatistics all, Optional<ChannelMetric> metric) {
    if (statistics.vectors() < 2) {
      throw new IllegalArgumentException("at least two vectors are needed");
    }
    double[][] covariance =
        all == statistics ? statistics.covariance() : statistics.covarianceDrawnTo(all);
    if (metric.isEmpty()) {
      SymmetricEigen plain = SymmetricEigen.of(covariance);
      return new ChannelKlt(statistics.mean(), plain.values(), plain.axes(), plain.axes());
    }
    RealMatrix root = metric.get().root(statistics.channels());
    RealMatrix felt = root.multiply(new Array2DRowRealMatrix(covariance, false)).multiply(root);
    SymmetricEigen components = SymmetricEigen.of(symmetric(felt.getData()));
    RealMatrix axes = new Array2DRowRealMatrix(components.axes(), false);
    return new ChannelKlt(
        statistics.mean(),
        components.values(),
        axes.multiply(root).getData(),
        axes.multiply(metric.get().inverseRoot()).getData());
  }

  /** Takes away what rounding has put between a matrix and its transpose. */
  private static double[][] symmetric(double[][] matrix) {
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < i; j++) {
        double mean = (matrix[i][j] + matrix[j][i]) / 2;
        matrix[i][j] = mean;
        matrix[j][i] = mean;
      }
    }
    return matrix;
  }

  /** Returns the number of channels, which is that of components too. */
  public int channels() {
    return mean.length;
  }

  /** Returns the variance along a component, largest first. */
  public double variance(int component) {
    return variances[component];
  }

  /**
   * Returns a component: what is multiplied with the channels to get its coefficient; a unit vector
   * without a metric, its sign arbitrary.
   */
  public double[] component(int component) {
    return analysis[component].clone();
  }

  /** Returns each channel's mean. */
  public double[] mean() {
    return mean.clone();
  }

  /** Returns the mean variance of a component. */
  public double meanVariance() {
    return Arrays.stream(variances).sum() / variances.length;
  }

  /**
   * Returns the sender's matrix, whose product with what differs from the mean is in steps.
   *
   * @return {@code [components, channels]}, row-major
   */
  public float[] encoderWeight(int count, double step) {
    int n = channels();
    float[] weight = new float[count * n];
    for (int k = 0; k < count; k++) {
      for (int c = 0; c < n; c++) {
        weight[k * n + c] = (float) (analysis[k][c] / step);
      }
    }
    return weight;
  }

  /**
   * Returns the receiver's matrix.
   *
   * @param unit what a coefficient of 1 stands for
   * @return {@code [channels, components]}, row-major
   */
  public float[] decoderWeight(int count, double unit) {
    int n = channels();
    float[] weight = new float[n * count];
    for (int c = 0; c < n; c++) {
      for (int k = 0; k < count; k++) {
        weight[c * count + k] = (float) (synthesis[k][c] * unit);
      }
    }
    return weight;
  }
}

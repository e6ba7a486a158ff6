package dev.sluice.training.transform;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/**
 * The Karhunen-Loève transform over the channels of a cut: principal components in order of
 * variance. Natural activations are strongly correlated across channels, so a few components carry
 * them; after it a uniform step with an entropy coder is near the best that a linear transform
 * allows (Goyal, "Theoretical foundations of transform coding", IEEE Signal Processing Magazine 18,
 * 2001). Immutable.
 */
public final class ChannelKlt {
  private final double[] mean;
  private final double[] variances;
  private final double[][] components;

  private ChannelKlt(double[] mean, double[] variances, double[][] components) {
    this.mean = mean;
    this.variances = variances;
    this.components = components;
  }

  /**
   * Finds the components.
   *
   * @throws IllegalArgumentException if fewer than two vectors were gathered
   */
  public static ChannelKlt of(ChannelStatistics statistics) {
    if (statistics.vectors() < 2) {
      throw new IllegalArgumentException("at least two vectors are needed");
    }
    double[][] covariance = statistics.covariance();
    // Dead channels make the matrix singular; a ridge far below any step keeps the solver at ease.
    double trace = 0;
    for (int c = 0; c < covariance.length; c++) {
      trace += covariance[c][c];
    }
    double ridge = Math.max(1e-12 * trace, 1e-30);
    for (int c = 0; c < covariance.length; c++) {
      covariance[c][c] += ridge;
    }
    EigenDecomposition eigen = new EigenDecomposition(new Array2DRowRealMatrix(covariance, false));
    int n = covariance.length;
    double[] values = eigen.getRealEigenvalues();
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(values[b], values[a]));
    double[] variances = new double[n];
    double[][] components = new double[n][];
    for (int k = 0; k < n; k++) {
      variances[k] = Math.max(0, values[order[k]] - ridge);
      components[k] = eigen.getEigenvector(order[k]).toArray();
    }
    return new ChannelKlt(statistics.mean(), variances, components);
  }

  /** Returns the number of channels, which is that of components too. */
  public int channels() {
    return mean.length;
  }

  /** Returns the variance along a component, largest first. */
  public double variance(int component) {
    return variances[component];
  }

  /** Returns a component: a unit vector over the channels, its sign arbitrary. */
  public double[] component(int component) {
    return components[component].clone();
  }

  /** Returns each channel's mean. */
  public double[] mean() {
    return mean.clone();
  }

  /** Returns σ̄, the root of the mean variance per channel. */
  public double meanDeviation() {
    return Math.sqrt(Arrays.stream(variances).sum() / variances.length);
  }

  /**
   * Returns how many components are worth computing at a step, at least one: those with more
   * variance than the rounding error of the others, {@code step² / 12}.
   *
   * @param step of the rounding, positive
   * @param most what the sender can afford, at least 1
   */
  public int worthwhile(double step, int most) {
    double least = step / Math.sqrt(12);
    int count = 0;
    while (count < Math.min(most, variances.length) && Math.sqrt(variances[count]) > least) {
      count++;
    }
    return Math.max(1, count);
  }

  /**
   * Returns the sender's 1×1 convolution: {@code round(weight x + bias)} goes on the wire.
   *
   * @return {@code [components, channels]}, row-major
   */
  public float[] encoderWeight(int count, double step) {
    int n = channels();
    float[] weight = new float[count * n];
    for (int k = 0; k < count; k++) {
      for (int c = 0; c < n; c++) {
        weight[k * n + c] = (float) (components[k][c] / step);
      }
    }
    return weight;
  }

  /** Returns the sender's bias, {@code [components]}. */
  public float[] encoderBias(int count, double step) {
    float[] bias = new float[count];
    for (int k = 0; k < count; k++) {
      double dot = 0;
      for (int c = 0; c < mean.length; c++) {
        dot += components[k][c] * mean[c];
      }
      bias[k] = (float) (-dot / step);
    }
    return bias;
  }

  /** Returns the receiver's 1×1 convolution, {@code [channels, components]}, row-major. */
  public float[] decoderWeight(int count, double step) {
    int n = channels();
    float[] weight = new float[n * count];
    for (int c = 0; c < n; c++) {
      for (int k = 0; k < count; k++) {
        weight[c * count + k] = (float) (components[k][c] * step);
      }
    }
    return weight;
  }

  /** Returns the receiver's bias: the mean of every channel. */
  public float[] decoderBias() {
    float[] bias = new float[mean.length];
    for (int c = 0; c < bias.length; c++) {
      bias[c] = (float) mean[c];
    }
    return bias;
  }
}

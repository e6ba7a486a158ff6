package dev.sluice.training.transform;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
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
  /**
   * Share of the metric that all directions get alike. The metric holds for small changes; a large
   * one is felt in other directions too.
   */
  private static final double METRIC_FLOOR = 0.3;

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
    requireVectors(statistics);
    Components components = Components.of(statistics.covariance());
    return new ChannelKlt(
        statistics.mean(), components.variances(), components.axes(), components.axes());
  }

  /**
   * Finds the components of the channels as the answer feels them.
   *
   * @param metric {@code [channels, channels]}, symmetric and positive semidefinite: the harm of a
   *     small change d is proportional to d' metric d. Its scale is of no meaning
   * @throws IllegalArgumentException if fewer than two vectors were gathered, or the metric is zero
   *     or of another size
   */
  public static ChannelKlt of(ChannelStatistics statistics, double[][] metric) {
    requireVectors(statistics);
    int n = statistics.channels();
    double meanDiagonal = 0;
    for (int c = 0; c < n && metric.length == n; c++) {
      meanDiagonal += metric[c][c] / n;
    }
    if (!(meanDiagonal > 0) || Double.isInfinite(meanDiagonal)) {
      throw new IllegalArgumentException("no metric of " + n + " channels");
    }
    double[][] mixed = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        mixed[i][j] =
            (1 - METRIC_FLOOR) * metric[i][j] / meanDiagonal + (i == j ? METRIC_FLOOR : 0);
      }
    }
    Components felt = Components.of(mixed);
    RealMatrix root = felt.power(0.5);
    RealMatrix inverse = felt.power(-0.5);
    RealMatrix covariance = new Array2DRowRealMatrix(statistics.covariance(), false);
    Components components =
        Components.of(symmetric(root.multiply(covariance).multiply(root).getData()));
    RealMatrix axes = new Array2DRowRealMatrix(components.axes(), false);
    return new ChannelKlt(
        statistics.mean(),
        components.variances(),
        axes.multiply(root).getData(),
        axes.multiply(inverse).getData());
  }

  private static void requireVectors(ChannelStatistics statistics) {
    if (statistics.vectors() < 2) {
      throw new IllegalArgumentException("at least two vectors are needed");
    }
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

  /**
   * Eigenvalues of a symmetric matrix, largest first, with their unit vectors.
   *
   * @param variances none negative
   * @param axes a row each
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Components(double[] variances, double[][] axes) {
    static Components of(double[][] matrix) {
      int n = matrix.length;
      // Dead channels make it singular; a ridge far below any step keeps the solver at ease.
      double trace = 0;
      for (int c = 0; c < n; c++) {
        trace += matrix[c][c];
      }
      double ridge = Math.max(1e-12 * trace, 1e-30);
      double[][] ridged = new double[n][];
      for (int c = 0; c < n; c++) {
        ridged[c] = matrix[c].clone();
        ridged[c][c] += ridge;
      }
      EigenDecomposition eigen = new EigenDecomposition(new Array2DRowRealMatrix(ridged, false));
      double[] values = eigen.getRealEigenvalues();
      Integer[] order = new Integer[n];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, (a, b) -> Double.compare(values[b], values[a]));
      double[] variances = new double[n];
      double[][] axes = new double[n][];
      for (int k = 0; k < n; k++) {
        variances[k] = Math.max(0, values[order[k]] - ridge);
        axes[k] = eigen.getEigenvector(order[k]).toArray();
      }
      return new Components(variances, axes);
    }

    /** The matrix to a power; eigenvalues far below the largest count as no smaller. */
    RealMatrix power(double exponent) {
      int n = variances.length;
      double least = 1e-9 * variances[0];
      double[][] scaled = new double[n][n];
      for (int k = 0; k < n; k++) {
        double factor = Math.pow(Math.max(variances[k], least), exponent);
        for (int c = 0; c < n; c++) {
          scaled[k][c] = factor * axes[k][c];
        }
      }
      RealMatrix rows = new Array2DRowRealMatrix(axes, false);
      return rows.transpose().multiply(new Array2DRowRealMatrix(scaled, false));
    }
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

  /** Returns σ̄, the root of the mean variance per component. */
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
   * Returns the sender's 1×1 convolution: {@code weight x + bias} in steps.
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

  /** Returns the sender's bias, {@code [components]}. */
  public float[] encoderBias(int count, double step) {
    float[] bias = new float[count];
    for (int k = 0; k < count; k++) {
      double dot = 0;
      for (int c = 0; c < mean.length; c++) {
        dot += analysis[k][c] * mean[c];
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
        weight[c * count + k] = (float) (synthesis[k][c] * step);
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

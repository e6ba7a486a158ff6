package dev.sluice.training.transform;

import org.apache.commons.math3.linear.RealMatrix;

/**
 * How much the answer feels a change of the channels, direction by direction: the harm of a small
 * change d is proportional to d' M d. Immutable.
 */
public final class ChannelMetric {
  /**
   * Share of the metric that all directions get alike. The metric holds for small changes; a large
   * one is felt in other directions too.
   */
  private static final double FLOOR = 0.3;

  private final RealMatrix root;
  private final RealMatrix inverseRoot;

  private ChannelMetric(RealMatrix root, RealMatrix inverseRoot) {
    this.root = root;
    this.inverseRoot = inverseRoot;
  }

  /**
   * Prepares a metric.
   *
   * @param matrix {@code [channels, channels]}, symmetric and positive semidefinite; its scale is
   *     of no meaning
   * @throws IllegalArgumentException if it is zero or not square
   */
  public static ChannelMetric of(double[][] matrix) {
    int n = matrix.length;
    double meanDiagonal = 0;
    for (int c = 0; c < n; c++) {
      if (matrix[c].length != n) {
        throw new IllegalArgumentException("the metric is not square");
      }
      meanDiagonal += matrix[c][c] / n;
    }
    if (!(meanDiagonal > 0) || Double.isInfinite(meanDiagonal)) {
      throw new IllegalArgumentException("no metric of " + n + " channels");
    }
    double[][] mixed = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        mixed[i][j] = (1 - FLOOR) * matrix[i][j] / meanDiagonal + (i == j ? FLOOR : 0);
      }
    }
    SymmetricEigen felt = SymmetricEigen.of(mixed);
    return new ChannelMetric(felt.power(0.5), felt.power(-0.5));
  }

  /**
   * Returns the symmetric root: a squared length after it is what the answer feels.
   *
   * @throws IllegalArgumentException if there are not so many channels
   */
  RealMatrix root(int channels) {
    if (root.getRowDimension() != channels) {
      throw new IllegalArgumentException("no metric of " + channels + " channels");
    }
    return root;
  }

  RealMatrix inverseRoot() {
    return inverseRoot;
  }
}

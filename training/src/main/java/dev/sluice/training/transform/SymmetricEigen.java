package dev.sluice.training.transform;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * Eigenvalues of a symmetric matrix, largest first, with their unit vectors.
 *
 * @param values none negative
 * @param axes a row each
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
record SymmetricEigen(double[] values, double[][] axes) {
  static SymmetricEigen of(double[][] matrix) {
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
    double[] found = eigen.getRealEigenvalues();
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(found[b], found[a]));
    double[] values = new double[n];
    double[][] axes = new double[n][];
    for (int k = 0; k < n; k++) {
      values[k] = Math.max(0, found[order[k]] - ridge);
      axes[k] = eigen.getEigenvector(order[k]).toArray();
    }
    return new SymmetricEigen(values, axes);
  }

  /** Returns the matrix to a power; eigenvalues far below the largest count as no smaller. */
  RealMatrix power(double exponent) {
    int n = values.length;
    double least = 1e-9 * values[0];
    double[][] scaled = new double[n][n];
    for (int k = 0; k < n; k++) {
      double factor = Math.pow(Math.max(values[k], least), exponent);
      for (int c = 0; c < n; c++) {
        scaled[k][c] = factor * axes[k][c];
      }
    }
    RealMatrix rows = new Array2DRowRealMatrix(axes, false);
    return rows.transpose().multiply(new Array2DRowRealMatrix(scaled, false));
  }
}

package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.profile.NetworkLayers;
import dev.sluice.scheduler.profile.NetworkLayers.Kind;
import dev.sluice.scheduler.profile.NetworkLayers.Layer;
import dev.sluice.scheduler.profile.Profile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.DecompositionSolver;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/**
 * What each kind of layer costs per unit of its size, and each layer besides, told from the times
 * of a network's parts and from the layers that those consist of. Immutable.
 *
 * <p>After Kang et al., "Neurosurgeon", ASPLOS 2017, section 5.1: a model per kind of layer, of the
 * sizes that tell how much it computes (convolutions, fully connected ones) or moves (pooling, and
 * what is computed value by value). A part's time is the sum of its layers'.
 *
 * <p>Deviations: the paper measures single layers of many shapes, here only segments and heads of
 * the network at hand are measured, so models are fitted to their sums, on the parts that they
 * predict. Every model is linear: a sum of logarithms would not tell the layers apart. A kind has
 * one size instead of up to two (the multiply-accumulates of a convolution are the product of the
 * paper's two sizes) and the constant of a layer is the same for all kinds, since a network has few
 * parts. Costs are not negative, which plain least squares do not see to. Activations that engines
 * fuse are no layers.
 */
final class LayerCosts {
  private static final List<Kind> KINDS = List.of(Kind.values());

  /** Column of the number of layers; those of the kinds come before it. */
  private static final int LAYERS = KINDS.size();

  private static final int COLUMNS = KINDS.size() + 1;

  /** Columns are scaled to at most 1; nearer to dependence than this they are held to depend. */
  private static final double SINGULAR = 1e-9;

  /** Residuals that differ by less, as a share of the times' squares, are alike. */
  private static final double ROUNDING = 1e-12;

  /** By column: nanoseconds per unit; 0 for a kind that no part has. */
  private final double[] costs;

  private LayerCosts(double[] costs) {
    this.costs = costs;
  }

  /**
   * Fits costs to the measured segments and heads.
   *
   * @param layers of as many segments as the profile has
   */
  static LayerCosts fit(NetworkLayers layers, Profile profile) {
    List<List<Layer>> parts = new ArrayList<>(layers.segments());
    List<Double> nanos = new ArrayList<>();
    for (int cut = 1; cut <= parts.size(); cut++) {
      nanos.add((double) profile.segmentNanos(cut));
    }
    layers
        .heads()
        .forEach(
            (exit, head) -> {
              if (!head.isEmpty() && profile.headNanos(exit) > 0) {
                parts.add(head);
                nanos.add((double) profile.headNanos(exit));
              }
            });
    double[][] rows = parts.stream().map(LayerCosts::row).toArray(double[][]::new);
    return new LayerCosts(
        notNegative(rows, nanos.stream().mapToDouble(Double::doubleValue).toArray()));
  }

  /** Returns the predicted time of a part, in nanoseconds, at least 0. */
  double nanos(List<Layer> part) {
    double[] row = row(part);
    double nanos = 0;
    for (int column = 0; column < COLUMNS; column++) {
      nanos += costs[column] * row[column];
    }
    return nanos;
  }

  private static double[] row(List<Layer> part) {
    double[] row = new double[COLUMNS];
    for (Layer layer : part) {
      row[KINDS.indexOf(layer.kind())] += layer.size();
    }
    row[LAYERS] = part.size();
    return row;
  }

  /**
   * Returns the weights, none negative, whose weighted columns come nearest to the values.
   *
   * <p>At the least sum of squares the positive weights are the plain least squares over their own
   * columns (Lawson and Hanson, "Solving Least Squares Problems", 1974, section 23.2). There are
   * few columns, so all sets of them are tried. Of several that do as well one of the fewest is
   * taken.
   *
   * @param rows at least one, of the same length, at most 20
   */
  static double[] notNegative(double[][] rows, double[] values) {
    int columns = rows[0].length;
    double[] scale = new double[columns];
    double squares = 0;
    for (int r = 0; r < rows.length; r++) {
      squares += values[r] * values[r];
      for (int c = 0; c < columns; c++) {
        scale[c] = Math.max(scale[c], Math.abs(rows[r][c]));
      }
    }
    double[] best = new double[columns];
    double least = squares;
    int fewest = 0;
    for (int set = 1; set < 1 << columns; set++) {
      int[] chosen = chosen(set, scale);
      if (chosen.length < Integer.bitCount(set) || chosen.length > rows.length) {
        continue;
      }
      RealMatrix matrix = new Array2DRowRealMatrix(rows.length, chosen.length);
      for (int r = 0; r < rows.length; r++) {
        for (int c = 0; c < chosen.length; c++) {
          matrix.setEntry(r, c, rows[r][chosen[c]] / scale[chosen[c]]);
        }
      }
      DecompositionSolver solver = new QRDecomposition(matrix, SINGULAR).getSolver();
      if (!solver.isNonSingular()) {
        continue;
      }
      RealVector target = new ArrayRealVector(values, false);
      RealVector weights = solver.solve(target);
      if (weights.getMinValue() < 0) {
        continue;
      }
      double distance = matrix.operate(weights).getDistance(target);
      double residual = distance * distance;
      double slack = ROUNDING * squares;
      if (residual < least - slack || (residual < least + slack && chosen.length < fewest)) {
        least = residual;
        fewest = chosen.length;
        best = new double[columns];
        for (int c = 0; c < chosen.length; c++) {
          best[chosen[c]] = weights.getEntry(c) / scale[chosen[c]];
        }
      }
    }
    return best;
  }

  /** The columns of a set, but for those that are 0 all over. */
  private static int[] chosen(int set, double[] scale) {
    int[] columns = new int[Integer.bitCount(set)];
    int count = 0;
    for (int c = 0; c < scale.length; c++) {
      if (((set >> c) & 1) == 1 && scale[c] > 0) {
        columns[count++] = c;
      }
    }
    return Arrays.copyOf(columns, count);
  }
}

package dev.sluice.training.transform;

import java.util.Arrays;
import java.util.Comparator;

/**
 * The two-dimensional discrete cosine transform of square blocks, orthonormal (Ahmed, Natarajan and
 * Rao, "Discrete Cosine Transform", IEEE Transactions on Computers C-23, 1974). Neighbours of an
 * activation resemble each other as those of a picture do. Immutable.
 *
 * @param side of a block, at least 1; 1 changes nothing
 */
public record BlockDct(int side) {
  /** Blocks are no larger: larger ones cost more and gain nothing. */
  public static final int MOST_SIDE = 8;

  public BlockDct {
    if (side < 1) {
      throw new IllegalArgumentException("side must be positive: " + side);
    }
  }

  /**
   * Returns the largest blocks that divide a map, those of side 1 if none do.
   *
   * @param mostSide bound of the side, at least 1
   */
  public static BlockDct dividing(int height, int width, int mostSide) {
    int side = Math.min(mostSide, Math.min(height, width));
    while (height % side != 0 || width % side != 0) {
      side--;
    }
    return new BlockDct(side);
  }

  /** Returns the number of frequencies, which is that of values in a block. */
  public int frequencies() {
    return side * side;
  }

  /**
   * Returns the transform of a block as a matrix, {@code [frequencies, values]}, row-major, low
   * frequencies first; its transpose is the inverse.
   */
  public float[] matrix() {
    int n = frequencies();
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order,
        Comparator.<Integer>comparingInt(f -> f / side + f % side).thenComparingInt(f -> f / side));
    float[] matrix = new float[n * n];
    for (int row = 0; row < n; row++) {
      int u = order[row] / side;
      int v = order[row] % side;
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          matrix[row * n + y * side + x] = (float) (basis(u, y) * basis(v, x));
        }
      }
    }
    return matrix;
  }

  private double basis(int frequency, int at) {
    double scale = Math.sqrt((frequency == 0 ? 1.0 : 2.0) / side);
    return scale * Math.cos(Math.PI * (at + 0.5) * frequency / side);
  }
}

package dev.sluice.training.transform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

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

  /** The last sum of both frequencies in each band but the last. */
  private static final int[] BAND_ENDS = {1, 4};

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

  /**
   * Returns how many frequencies there are in each band, low ones first. Channels that go together
   * where a map is smooth need not where it is fine, so that each band is worth axes of its own.
   */
  public List<Integer> bands() {
    int[] counts = new int[BAND_ENDS.length + 1];
    for (int u = 0; u < side; u++) {
      for (int v = 0; v < side; v++) {
        int band = 0;
        while (band < BAND_ENDS.length && u + v > BAND_ENDS[band]) {
          band++;
        }
        counts[band]++;
      }
    }
    List<Integer> bands = new ArrayList<>();
    for (int count : counts) {
      if (count > 0) {
        bands.add(count);
      }
    }
    return List.copyOf(bands);
  }

  /**
   * Transforms the blocks of a map.
   *
   * @param map {@code [channels, height, width]}
   * @return {@code [channels, frequencies, blocks]}, blocks row by row
   */
  float[] forward(float[] map, int channels, int height, int width) {
    if (side == 1) {
      return map.clone();
    }
    int n = frequencies();
    int across = width / side;
    int blocks = height / side * across;
    float[] matrix = matrix();
    float[] made = new float[map.length];
    float[] block = new float[n];
    for (int at = 0; at < channels * blocks; at++) {
      int channel = at / blocks;
      int top = at % blocks / across * side;
      int left = at % blocks % across * side;
      for (int y = 0; y < side; y++) {
        int from = (channel * height + top + y) * width + left;
        System.arraycopy(map, from, block, y * side, side);
      }
      for (int f = 0; f < n; f++) {
        float sum = 0;
        for (int i = 0; i < n; i++) {
          sum += matrix[f * n + i] * block[i];
        }
        made[(channel * n + f) * blocks + at % blocks] = sum;
      }
    }
    return made;
  }

  private double basis(int frequency, int at) {
    double scale = Math.sqrt((frequency == 0 ? 1.0 : 2.0) / side);
    return scale * Math.cos(Math.PI * (at + 0.5) * frequency / side);
  }
}

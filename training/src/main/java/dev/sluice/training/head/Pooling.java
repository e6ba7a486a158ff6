package dev.sluice.training.head;

import java.nio.FloatBuffer;

/**
 * What an exit head sees of its cut's tensor: per channel the mean and the maximum over all
 * positions and, with a grid, the means over the cells of a {@code grid × grid} division. Cells
 * keep a little of where things are, which early exits of small pictures need.
 *
 * @param channels channels of the tensor, at least 1
 * @param height height of the tensor, a multiple of the grid
 * @param width width of the tensor, a multiple of the grid
 * @param grid cells per side, at least 1; 1 adds nothing to the mean
 * @param max whether maxima are among the features
 */
public record Pooling(int channels, int height, int width, int grid, boolean max) {
  public Pooling {
    if (channels < 1 || height < 1 || width < 1 || grid < 1) {
      throw new IllegalArgumentException(
          "no tensor to pool: %dx%dx%d, grid %d".formatted(channels, height, width, grid));
    }
    if (height % grid != 0 || width % grid != 0) {
      throw new IllegalArgumentException(
          "%dx%d is no multiple of the grid %d".formatted(height, width, grid));
    }
  }

  /** Returns the pooling of mean and maximum. */
  public static Pooling meanAndMax(int channels, int height, int width) {
    return new Pooling(channels, height, width, 1, height * width > 1);
  }

  /** Returns the number of features. */
  public int features() {
    return channels * (1 + (max ? 1 : 0) + (grid > 1 ? grid * grid : 0));
  }

  /**
   * Pools one sample.
   *
   * @param chw the tensor from its position on, {@code [channels, height, width]}; the position
   *     does not move
   * @param out receives {@link #features()} values: all means, all maxima, then the cells of each
   *     channel row by row
   */
  public void apply(FloatBuffer chw, float[] out) {
    int area = height * width;
    float[] plane = new float[area];
    int base = chw.position();
    int cellHeight = height / grid;
    int cellWidth = width / grid;
    int cellsAt = channels * (max ? 2 : 1);
    for (int c = 0; c < channels; c++) {
      chw.get(base + c * area, plane);
      float most = plane[0];
      double sum = 0;
      for (float value : plane) {
        sum += value;
        most = Math.max(most, value);
      }
      out[c] = (float) (sum / area);
      if (max) {
        out[channels + c] = most;
      }
      if (grid > 1) {
        for (int cell = 0; cell < grid * grid; cell++) {
          out[cellsAt + c * grid * grid + cell] =
              cellMean(plane, cell / grid * cellHeight, cell % grid * cellWidth);
        }
      }
    }
  }

  private float cellMean(float[] plane, int top, int left) {
    int cellHeight = height / grid;
    int cellWidth = width / grid;
    double sum = 0;
    for (int y = top; y < top + cellHeight; y++) {
      for (int x = left; x < left + cellWidth; x++) {
        sum += plane[y * width + x];
      }
    }
    return (float) (sum / (cellHeight * cellWidth));
  }
}

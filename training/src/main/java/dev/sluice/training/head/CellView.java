package dev.sluice.training.head;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A feature map made smaller by averaging over cells, for a head that convolves: what it costs then
 * hardly depends on how early the exit is.
 *
 * @param tensor which tensor of the cut, from 0
 * @param channels at least 1
 * @param height of the map, a multiple of {@code side}
 * @param width of the map, a multiple of {@code side}
 * @param side cells per side, at least 1
 */
public record CellView(int tensor, int channels, int height, int width, int side)
    implements HeadView {
  public CellView {
    if (tensor < 0 || channels < 1 || side < 1 || height < side || width < side) {
      throw new IllegalArgumentException(
          "%dx%dx%d in %d cells a side".formatted(channels, height, width, side));
    }
    if (height % side != 0 || width % side != 0) {
      throw new IllegalArgumentException(
          "%dx%d is no multiple of %d cells".formatted(height, width, side));
    }
  }

  @Override
  public int features() {
    return channels * side * side;
  }

  @Override
  public void apply(List<FloatBuffer> tensors, float[] out) {
    FloatBuffer values = tensors.get(tensor);
    int base = values.position();
    int cellHeight = height / side;
    int cellWidth = width / side;
    float scale = 1f / (cellHeight * cellWidth);
    float[] row = new float[width];
    Arrays.fill(out, 0, features(), 0);
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < height; y++) {
        values.get(base + (c * height + y) * width, row);
        int line = (c * side + y / cellHeight) * side;
        for (int x = 0; x < width; x++) {
          out[line + x / cellWidth] += row[x];
        }
      }
    }
    for (int i = 0; i < features(); i++) {
      out[i] *= scale;
    }
  }
}

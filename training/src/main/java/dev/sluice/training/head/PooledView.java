package dev.sluice.training.head;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The pooled channels of one or several feature maps, one after another: where a network keeps
 * several scales, each says something that the others do not.
 *
 * @param parts at least one
 */
public record PooledView(List<Part> parts) implements HeadView {
  /**
   * A feature map of the cut.
   *
   * @param tensor which tensor of the cut, from 0
   * @param pooling how it is pooled
   */
  public record Part(int tensor, Pooling pooling) {
    public Part {
      if (tensor < 0) {
        throw new IllegalArgumentException("no tensor " + tensor);
      }
    }
  }

  public PooledView {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("a head must see something");
    }
  }

  /** Returns the view of a cut's only tensor. */
  public static PooledView of(Pooling pooling) {
    return new PooledView(List.of(new Part(0, pooling)));
  }

  @Override
  public int features() {
    return parts.stream().mapToInt(part -> part.pooling().features()).sum();
  }

  @Override
  public void apply(List<FloatBuffer> tensors, float[] out) {
    List<float[]> rows = new ArrayList<>();
    for (Part part : parts) {
      float[] row = new float[part.pooling().features()];
      part.pooling().apply(tensors.get(part.tensor()), row);
      rows.add(row);
    }
    int at = 0;
    for (float[] row : rows) {
      System.arraycopy(row, 0, out, at, row.length);
      at += row.length;
    }
  }
}

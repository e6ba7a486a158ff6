package dev.sluice.training.head;

import java.nio.FloatBuffer;
import java.util.List;

/** What an exit head sees of its cut, as a row of numbers. Immutable. */
public sealed interface HeadView permits PooledView, TokenView, CellView {
  /** Returns the number of values that {@link #apply} writes. */
  int features();

  /**
   * Reads one sample.
   *
   * @param tensors all tensors of the cut in order, as numbers, from their positions on; the
   *     positions do not move
   * @param out receives {@link #features()} values
   */
  void apply(List<FloatBuffer> tensors, float[] out);
}

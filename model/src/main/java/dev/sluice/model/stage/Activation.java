package dev.sluice.model.stage;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * The tensors at a cut for one batch: float32, batch dimension first. Has one owner, who closes it;
 * closing again is harmless. While open, several threads may read it and run stages on it.
 */
public interface Activation extends AutoCloseable {
  /** Returns the batch size, at least 1. */
  int batch();

  /** Returns the shape of each tensor in order, without the batch dimension. */
  List<int[]> shapes();

  /**
   * Returns a read-only view of a tensor's values, row-major (NCHW for pictures), position 0, limit
   * = number of values. Values that came out of a session are copied to the heap on the first call,
   * since the engine gives no view of its memory; later calls share that copy.
   *
   * @param tensor index in {@link #shapes()}
   * @throws IllegalStateException if closed
   */
  FloatBuffer floats(int tensor);

  @Override
  void close();
}

package dev.sluice.model.stage;

import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The tensors at a cut for one batch: any of the types that a cut can hold, batch dimension first.
 * Has one owner, who closes it; closing again is harmless. While open, several threads may read it
 * and run stages on it.
 */
public interface Activation extends AutoCloseable {
  /** Returns the batch size, at least 1. */
  int batch();

  /** Returns the shape of each tensor in order, without the batch dimension. */
  List<int[]> shapes();

  /**
   * Returns the element type of a tensor.
   *
   * @param tensor index in {@link #shapes()}
   */
  TensorType type(int tensor);

  /**
   * Returns a read-only view of a float32 tensor's values, row-major (NCHW for pictures), position
   * 0, limit = number of values. It must not be read after closing, when the memory serves others.
   *
   * @param tensor index in {@link #shapes()}
   * @throws IllegalStateException if closed
   * @throws IllegalArgumentException if the tensor is of another type
   */
  FloatBuffer floats(int tensor);

  /**
   * Returns a read-only, little-endian view of a tensor's elements, whatever their type, row-major,
   * position 0, limit = number of bytes. It must not be read after closing.
   *
   * @param tensor index in {@link #shapes()}
   * @throws IllegalStateException if closed
   */
  ByteBuffer bytes(int tensor);

  /**
   * Copies some samples of the batch, in the order given, into a batch of their own.
   *
   * @param samples indexes in {@code [0, batch())}, at least one; may repeat
   * @return the caller's to close; this one stays open
   * @throws IllegalStateException if closed
   * @throws IndexOutOfBoundsException if there is no such sample
   */
  Activation rows(int[] samples);

  @Override
  void close();
}

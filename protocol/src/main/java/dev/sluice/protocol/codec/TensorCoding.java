package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/** One way to write floats. Stateless. */
interface TensorCoding {
  /** Returns the most bytes that so many elements can take. */
  int maxEncodedBytes(int elements);

  /**
   * Writes {@code values} to {@link Scratch#encoded()}, which has {@link #maxEncodedBytes} room.
   *
   * @return the bytes written
   */
  int encode(float[] values, int[] shape, Scratch scratch);

  /**
   * Reads the first {@code bytes} of {@code in} into {@code values}; both may be longer than
   * needed.
   *
   * @throws ProtocolException if the bytes do not make exactly the shape's elements
   */
  void decode(byte[] in, int bytes, float[] values, int[] shape, Scratch scratch)
      throws ProtocolException;
}

package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/**
 * A precision at work: floats to words of few bits, and back. What is not in the words, such as a
 * measured range, stands in the <em>side</em> bytes before them. Immutable.
 */
interface Quantizer {
  /** Returns the bits of a word; it stands in {@code ceil(bits / 8)} bytes. */
  int bits();

  /** Returns the most side bytes. */
  int maxSideBytes(int elements);

  /** Returns the words that stand for zero: one for all, one per channel, or none for 0. */
  int[] zeros();

  /**
   * Writes words, and side bytes from the start of {@code side}.
   *
   * @return the side bytes
   */
  int encode(float[] values, int elements, byte[] words, byte[] side);

  /**
   * Returns where the side bytes end, at most {@code bytes}.
   *
   * @throws ProtocolException if they are not whole
   */
  int sideBytes(byte[] in, int bytes, int elements) throws ProtocolException;

  /**
   * Reads words, with the side bytes at the start of {@code side}.
   *
   * @throws ProtocolException if words and side bytes contradict each other
   */
  void decode(byte[] words, int elements, byte[] side, float[] values, Scratch scratch)
      throws ProtocolException;

  /**
   * Does {@link #encode} and {@link Layout#BIT_SHUFFLE} at once where it can, which then takes
   * {@link #maxSideBytes}.
   *
   * @return whether it did
   */
  default boolean encodePlanes(
      float[] values, int elements, byte[] planes, byte[] side, Scratch scratch) {
    return false;
  }

  /** Undoes {@link #encodePlanes}, or returns false where it does not do such things. */
  default boolean decodePlanes(
      byte[] planes, int elements, byte[] side, float[] values, Scratch scratch) {
    return false;
  }

  /**
   * Returns whether planes that look like noise may go into an LZ4 block unsearched: 25 % faster
   * for 1 to 3 % more bytes. The reference codec's bytes are not to be made more.
   */
  default boolean leavesNoise() {
    return false;
  }
}

package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * Writes the bits of a scan, the highest first. A byte of ones is followed by one of zeros, so that
 * no marker is seen in it (T.81, B.1.1.5).
 *
 * <p>Not thread-safe.
 */
final class JpegBits {
  private static final int WORD = 32;
  private static final int STUFFED_WORD_BYTES = 8;

  private byte[] bytes;
  private int size;

  /** Bits not yet written: the lowest {@link #held}, fewer than 32 between calls. */
  private long pending;

  private int held;

  /**
   * Makes an empty scan.
   *
   * @param expected bytes without those of zeros
   */
  JpegBits(long expected) {
    bytes = new byte[Math.toIntExact(expected + expected / 32 + 2 * STUFFED_WORD_BYTES)];
  }

  /**
   * Appends bits.
   *
   * @param value less than 2 to the count
   * @param count in [1, 27]
   */
  void put(int value, int count) {
    pending = pending << count | value;
    held += count;
    if (held >= WORD) {
      held -= WORD;
      putWord((int) (pending >>> held));
    }
  }

  private void putWord(int word) {
    if (bytes.length - size < STUFFED_WORD_BYTES) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }
    for (int shift = WORD - 8; shift >= 0; shift -= 8) {
      putByte(word >>> shift);
    }
  }

  private void putByte(int value) {
    bytes[size++] = (byte) value;
    if ((value & 0xFF) == 0xFF) {
      bytes[size++] = 0;
    }
  }

  /** Fills the last byte with ones and returns all; not to be used any more. */
  byte[] finish() {
    int padding = -held & 7;
    if (padding > 0) {
      put((1 << padding) - 1, padding);
    }
    if (bytes.length - size < STUFFED_WORD_BYTES) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }
    while (held > 0) {
      held -= 8;
      putByte((int) (pending >>> held));
    }
    return Arrays.copyOf(bytes, size);
  }
}

package dev.sluice.protocol.codec;

import java.util.Arrays;

/** Sizes of tensors. */
final class Shapes {
  /** Largest tensor that a codec takes: 64 Mi elements, 256 MiB of float32. */
  static final int MAX_ELEMENTS = 1 << 26;

  private Shapes() {}

  /** Returns the product of the sizes; the caller's bug when it is out of range. */
  static int elements(int[] shape) {
    long elements = 1;
    for (int size : shape) {
      if (size < 1) {
        throw new IllegalArgumentException("sizes must be positive: " + Arrays.toString(shape));
      }
      elements *= size;
      if (elements > MAX_ELEMENTS) {
        throw new IllegalArgumentException(
            "more than " + MAX_ELEMENTS + " elements: " + Arrays.toString(shape));
      }
    }
    return (int) elements;
  }
}

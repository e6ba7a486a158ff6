package dev.sluice.protocol.codec;

/**
 * Calibrated affine ranges: value = (level − zero) × step, levels from 0 to {@code 2^bits - 1}.
 * Immutable; the arrays are not to be changed.
 *
 * @param steps size of a level by channel, or one for all; positive and finite, 0 where every value
 *     is 0
 * @param zeros the level of zero, likewise; within the levels
 */
@SuppressWarnings("ArrayRecordComponent") // package-private and never changed
record Ranges(int bits, float[] steps, int[] zeros) {
  Ranges {
    if (steps.length == 0 || steps.length != zeros.length) {
      throw new IllegalArgumentException(steps.length + " steps, " + zeros.length + " zeros");
    }
    for (float step : steps) {
      if (!(step >= 0 && step <= Float.MAX_VALUE / 256)) {
        throw new IllegalArgumentException("no step: " + step);
      }
    }
    for (int zero : zeros) {
      if (zero < 0 || zero >= 1 << bits) {
        throw new IllegalArgumentException("zero is no level of " + bits + " bits: " + zero);
      }
    }
  }

  /** Returns what a value of the channel is multiplied with to count levels. */
  float perLevel(int channel) {
    float step = steps[channel];
    // The reciprocal of a denormal is infinite.
    return step == 0 ? 0 : Math.min(1 / step, Float.MAX_VALUE);
  }
}

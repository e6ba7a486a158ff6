package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * What is already coded around a coefficient, on either side of the coder alike. Planes have a
 * margin of zeros: a row above, and a column on the left that also serves the row before on its
 * right. So the neighbours of {@code i} are {@code i - 1}, {@code i - stride} and those beside it.
 * Used by one thread, for one tensor at a time.
 */
final class Neighbours {
  private int size;
  private int stride;
  private int most;
  private int[] current = {};
  private int[] before = {};
  private int[] fading = {};
  private int[] expected = {};
  private int[] readings = {};

  /** Returns the distance between rows. */
  static int stride(Geometry grid) {
    return grid.columns() + 1;
  }

  /** Begins a tensor. */
  void begin(Geometry grid) {
    stride = stride(grid);
    size = (grid.rows() + 1) * stride + 1;
    if (current.length < size) {
      current = new int[size];
      before = new int[size];
      fading = new int[size];
      expected = new int[size];
      readings = new int[size];
    }
    Arrays.fill(current, 0, size, 0);
    Arrays.fill(before, 0, size, 0);
    Arrays.fill(fading, 0, size, 0);
    Arrays.fill(readings, 0, size, 0);
  }

  /**
   * Begins a channel: what is expected without its own magnitudes.
   *
   * @return the context of the channel's flag
   */
  int beginChannel(CoefficientModel model, int channel) {
    int weights = model.weightsAt(channel);
    int wBefore = model.weights[weights + CoefficientModel.BEFORE];
    int wFading = model.weights[weights + CoefficientModel.FADING];
    // Of the margin the model's own part is 0, as are magnitudes.
    int length = size - stride - 1;
    System.arraycopy(model.own, channel * length, expected, stride + 1, length);
    add(expected, before, fading, wBefore, wFading, stride + 1, size);
    int sum = 0;
    int bits = 0;
    int end = size;
    int[] sums = expected;
    for (int i = stride + 1; i < end; i++) {
      sum += sums[i];
      bits |= sums[i];
    }
    most = bits;
    // Very large planes may overflow, on both sides alike.
    return CoefficientModel.flagContext(Integer.toUnsignedLong(sum));
  }

  private static void add(
      int[] into, int[] last, int[] older, int wLast, int wOlder, int from, int to) {
    for (int i = from; i < to; i++) {
      into[i] += wLast * last[i] + ((wOlder * older[i]) >> 4);
    }
  }

  /**
   * Returns at least the most that is expected anywhere in the channel without its own magnitudes,
   * and less than twice that.
   */
  int most() {
    return most;
  }

  /**
   * Returns expected magnitudes, in 1 / {@link CoefficientModel#UNIT}, but for the channel's own.
   */
  int[] expected() {
    return expected;
  }

  /** Returns the channel's magnitudes, which the caller writes, at most MAX_MAGNITUDE. */
  int[] current() {
    return current;
  }

  /**
   * Returns what the channel's integers are read as, in 1 / {@link DeadZone#UNIT}; written
   * likewise.
   */
  int[] readings() {
    return readings;
  }

  /** Ends a channel whose magnitudes are all written. */
  void endChannel() {
    int[] sums = fading;
    int[] added = current;
    int end = size;
    for (int i = 0; i < end; i++) {
      sums[i] += added[i] * CoefficientModel.FADING_UNIT - ((sums[i] + 3) >> 2);
    }
    current = before;
    before = added;
  }

  /** Ends a channel of nothing but zeros, whose magnitudes were not written. */
  void endEmptyChannel() {
    int[] sums = fading;
    int end = size;
    for (int i = 0; i < end; i++) {
      sums[i] -= (sums[i] + 3) >> 2;
    }
    Arrays.fill(before, 0, end, 0);
  }
}

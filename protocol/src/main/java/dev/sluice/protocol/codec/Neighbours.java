package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * What is already coded around an integer and what it predicts, on either side of the coder alike.
 * Planes have a margin of zeros: a row above, a column on either side. Used by one thread, for one
 * tensor at a time.
 */
final class Neighbours {
  private int rows;
  private int columns;
  private int stride;
  private int size;
  private int[] current = {};
  private int[] before = {};
  private int[] fading = {};
  private int[] expected = {};
  private int[] readings = {};
  private int[] predicted = {};

  /** Begins a tensor. */
  void begin(Geometry grid) {
    rows = grid.rows();
    columns = grid.columns();
    stride = columns + 2;
    size = (rows + 1) * stride;
    if (current.length < size) {
      current = new int[size];
      before = new int[size];
      fading = new int[size];
      expected = new int[size];
      readings = new int[size];
      predicted = new int[size];
    }
    Arrays.fill(current, 0, size, 0);
    Arrays.fill(before, 0, size, 0);
    Arrays.fill(fading, 0, size, 0);
    Arrays.fill(readings, 0, size, 0);
    Arrays.fill(predicted, 0, size, 0);
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
    int[] own = model.own;
    int from = channel * rows * columns;
    long total = 0;
    for (int row = 0; row < rows; row++) {
      int at = (row + 1) * stride + 1;
      int sum = 0;
      for (int i = 0; i < columns; i++) {
        int value = own[from + i] + wBefore * before[at + i] + ((wFading * fading[at + i]) >> 4);
        expected[at + i] = value;
        sum += value;
      }
      // Rows of very many columns may overflow, on both sides alike.
      total += Integer.toUnsignedLong(sum);
      from += columns;
    }
    return CoefficientModel.flagContext(total);
  }

  /**
   * Begins a row: adds what the row above says.
   *
   * @return where the row's first value is in {@link #expected}, {@link #current}, {@link
   *     #readings} and {@link #predicted}
   */
  int beginRow(CoefficientModel model, int channel, int row) {
    int weights = model.weightsAt(channel);
    int wUp = model.weights[weights + CoefficientModel.UP];
    int wDiagonal = model.weights[weights + CoefficientModel.DIAGONAL];
    int at = (row + 1) * stride + 1;
    int up = at - stride;
    for (int i = 0; i < columns; i++) {
      expected[at + i] +=
          wUp * current[up + i] + wDiagonal * (current[up + i - 1] + current[up + i + 1]);
    }
    if (model.predicts(channel)) {
      int filter = channel * CoefficientModel.FILTER;
      int fUp = model.filters[filter + 1];
      int fLeft = model.filters[filter + 2];
      int fRight = model.filters[filter + 3];
      for (int i = 0; i < columns; i++) {
        predicted[at + i] =
            fUp * readings[up + i] + fLeft * readings[up + i - 1] + fRight * readings[up + i + 1];
      }
    }
    return at;
  }

  /**
   * Returns expected magnitudes, in 1 / {@link CoefficientModel#UNIT}, but for what is on the left.
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

  /** Returns the filters' sums but for what is on the left; only where a channel is predicted. */
  int[] predicted() {
    return predicted;
  }

  /** Ends a channel whose magnitudes are all written. */
  void endChannel() {
    for (int i = stride; i < size; i++) {
      fading[i] += current[i] * CoefficientModel.FADING_UNIT - (fading[i] >> 2);
    }
    int[] swap = before;
    before = current;
    current = swap;
  }

  /** Ends a channel of nothing but zeros, whose magnitudes were not written. */
  void endEmptyChannel() {
    for (int i = stride; i < size; i++) {
      fading[i] -= fading[i] >> 2;
    }
    Arrays.fill(before, stride, size, 0);
  }
}

package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * The magnitudes already coded and what they predict for the next, either side of the coder alike.
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
  private int[] base = {};

  /** What a plane's predictions add up to before its own magnitudes are known. */
  private long sum;

  /** Begins a tensor. */
  void begin(Geometry geometry) {
    rows = geometry.rows();
    columns = geometry.columns();
    stride = columns + 2;
    size = (rows + 1) * stride;
    if (current.length < size) {
      current = new int[size];
      before = new int[size];
      fading = new int[size];
      base = new int[size];
    }
    Arrays.fill(current, 0, size, 0);
    Arrays.fill(before, 0, size, 0);
    Arrays.fill(fading, 0, size, 0);
    Arrays.fill(base, 0, size, 0);
  }

  /** Begins a channel: what is known without its own magnitudes. */
  void beginChannel(CoefficientModel model, int channel) {
    int[] weights = model.weights[model.classes[channel]];
    int wBefore = weights[CoefficientModel.BEFORE];
    int wFading = weights[CoefficientModel.FADING];
    int[] shares = model.columnShares;
    long total = 0;
    for (int row = 0; row < rows; row++) {
      int own = model.ownPart(channel, row);
      int at = (row + 1) * stride + 1;
      int rowSum = 0;
      for (int i = 0; i < columns; i++) {
        int predicted =
            ((own * shares[i]) >> 8) + wBefore * before[at + i] + ((wFading * fading[at + i]) >> 4);
        base[at + i] = predicted;
        rowSum += Math.min(predicted, 1 << 18);
      }
      // Rows of many thousand columns may overflow, on both sides alike.
      total += Integer.toUnsignedLong(rowSum);
    }
    sum = total;
  }

  /** Returns the context of the channel's flag. */
  int flagContext() {
    return CoefficientModel.flagContext(sum);
  }

  /**
   * Adds to a row's predictions what the row above says.
   *
   * @return where the row's first value is in {@link #base} and {@link #current}
   */
  int beginRow(CoefficientModel model, int channel, int row) {
    int[] weights = model.weights[model.classes[channel]];
    int wUp = weights[CoefficientModel.UP];
    int wDiagonal = weights[CoefficientModel.DIAGONAL];
    int at = (row + 1) * stride + 1;
    for (int i = at; i < at + columns; i++) {
      int up = i - stride;
      base[i] += wUp * current[up] + wDiagonal * (current[up - 1] + current[up + 1]);
    }
    return at;
  }

  int[] base() {
    return base;
  }

  /** Returns the channel's magnitudes, which the caller writes. */
  int[] current() {
    return current;
  }

  /** Ends a channel whose magnitudes are all written. */
  void endChannel() {
    for (int i = 0; i < size; i++) {
      fading[i] += current[i] * CoefficientModel.FADING_UNIT - (fading[i] >> 2);
    }
    int[] swap = before;
    before = current;
    current = swap;
  }

  /** Ends a channel of nothing but zeros, whose magnitudes were not written. */
  void endEmptyChannel() {
    for (int i = 0; i < size; i++) {
      fading[i] -= fading[i] >> 2;
    }
    Arrays.fill(before, 0, size, 0);
  }
}

package dev.sluice.training.quantise;

/**
 * How often a tensor's values fall where, over all calibration inputs: bins of equal width between
 * its least and its greatest value. Adding is commutative, so that threads may share the work and
 * the result repeats.
 */
final class Histogram {
  static final int BINS = 2048;

  private final float least;
  private final float most;
  private final long[] counts = new long[BINS];

  /** Makes an empty one over an interval of finite numbers. */
  Histogram(float least, float most) {
    this.least = least;
    this.most = most;
  }

  /** Returns the least value seen. */
  float least() {
    return least;
  }

  /** Returns the greatest value seen. */
  float most() {
    return most;
  }

  /** Returns the width of a bin; 0 if all values are one. */
  double width() {
    return ((double) most - least) / BINS;
  }

  /** Returns the middle of a bin. */
  double middle(int bin) {
    return least + (bin + 0.5) * width();
  }

  long count(int bin) {
    return counts[bin];
  }

  long total() {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return total;
  }

  /**
   * Returns the mean squared error of rounding to a grid over the mean square; 0 if all is zero.
   */
  double relativeError(Grid grid) {
    double error = 0;
    double square = 0;
    for (int bin = 0; bin < BINS; bin++) {
      double value = middle(bin);
      double beyond = Math.max(0, Math.max(value - grid.most(), grid.least() - value));
      double one = beyond > 0 ? beyond * beyond : (double) grid.scale() * grid.scale() / 12;
      error += counts[bin] * one;
      square += counts[bin] * value * value;
    }
    return square > 0 ? error / square : 0;
  }

  /** Counts values; those outside the interval fall into its outermost bins. */
  void add(float[] values, int length) {
    double perBin = width() > 0 ? 1 / width() : 0;
    long[] own = new long[BINS];
    for (int i = 0; i < length; i++) {
      int bin = (int) ((values[i] - least) * perBin);
      own[Math.max(0, Math.min(BINS - 1, bin))]++;
    }
    synchronized (this) {
      for (int bin = 0; bin < BINS; bin++) {
        counts[bin] += own[bin];
      }
    }
  }
}

package dev.sluice.scheduler.drift;

/**
 * Measures how much more the bursts of a stream sway its mean than the tables' sequences do. Not
 * thread-safe.
 *
 * <p>The variance of a mean of dependent numbers is taken from the means of blocks of 1, 2, 4, ...
 * answers (batch means), as half the mean square difference of neighbouring blocks: that hardly
 * sees a lasting shift, which is drift and no burst. Blocks much shorter than a burst tell too
 * little; the length that tells most counts. Numbers come in units of what the tables expect, so
 * that plans mix.
 */
final class BurstMeter {
  private static final int LEVELS = 12;

  /** Pairs of blocks before a length is listened to, and pairs that it remembers. */
  private static final int LEAST_PAIRS = 16;

  private static final int MOST_PAIRS = 256;

  /** A square this many times the mean square is counted as that: it is a shift, not a burst. */
  private static final double OUTLYING = 8;

  private final double[] before = new double[LEVELS];
  private final boolean[] waiting = new boolean[LEVELS];
  private final double[] variance = new double[LEVELS];
  private final int[] pairs = new int[LEVELS];
  private double ratio = 1;

  /**
   * Takes one more answer.
   *
   * @param score of mean 0 as far as calibration knows, over the root of the variance that the
   *     tables expect of the mean of n answers, times n
   */
  void add(double score) {
    double block = score;
    for (int level = 0; level < LEVELS; level++) {
      if (!waiting[level]) {
        before[level] = block;
        waiting[level] = true;
        return;
      }
      waiting[level] = false;
      double difference = block - before[level];
      double seen = difference * difference / (2.0 * (1L << level));
      if (pairs[level] >= LEAST_PAIRS) {
        seen = Math.min(seen, OUTLYING * Math.max(1, variance[level]));
      }
      pairs[level] = Math.min(MOST_PAIRS, pairs[level] + 1);
      variance[level] += (seen - variance[level]) / pairs[level];
      if (pairs[level] >= LEAST_PAIRS) {
        ratio = largest();
      }
      block += before[level];
    }
  }

  /** Returns the variance of a long mean over what the tables expect; at least 1. */
  double ratio() {
    return ratio;
  }

  private double largest() {
    double largest = 1;
    for (int level = 0; level < LEVELS; level++) {
      if (pairs[level] >= LEAST_PAIRS) {
        largest = Math.max(largest, variance[level]);
      }
    }
    return largest;
  }
}

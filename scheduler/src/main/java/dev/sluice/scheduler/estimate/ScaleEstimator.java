package dev.sluice.scheduler.estimate;

import java.util.Arrays;

/**
 * Measured time over profiled time, averaged in the log domain. Not thread-safe.
 *
 * <p>The first runs of an engine are slow; so until {@value #FIRST} samples are there the median
 * stands for them, and averaging begins at their median. Short pieces weigh less than usual ones.
 * One sample far off is a stall or a broken clock and is left out; a second one in a row on the
 * same side is taken for a step, and followed. With the gain of {@value #GAIN} a device that slows
 * down by 1.2 % a second (twice as slow in a minute) is followed 6 samples behind.
 *
 * <p>It does not say how far it may be off: whoever predicts takes the scale for certain.
 */
final class ScaleEstimator {
  private static final double GAIN = 0.15;
  private static final int FIRST = 5;

  /** Logarithm of the factor beyond which a sample is far off: twice as long, or half. */
  private static final double FAR = 0.7;

  private static final double LEAST = 1e-4;
  private static final double MOST = 1e6;

  private final double[] first = new double[FIRST];
  private double logScale;
  private double usualNanos;
  private int count;
  private double farSide;

  /** Whether a factor can be one between a machine and another. */
  static boolean possible(double ratio) {
    return ratio >= LEAST && ratio <= MOST;
  }

  /** Whether any sample has told something. */
  boolean known() {
    return count > 0;
  }

  void observe(long measuredNanos, long profiledNanos) {
    if (measuredNanos <= 0 || profiledNanos <= 0) {
      return;
    }
    double ratio = (double) measuredNanos / profiledNanos;
    if (!possible(ratio)) {
      return;
    }
    double log = Math.log(ratio);
    usualNanos = count == 0 ? profiledNanos : usualNanos + GAIN * (profiledNanos - usualNanos);
    if (count < FIRST) {
      first[count++] = log;
      logScale = median(Arrays.copyOf(first, count));
      return;
    }
    double surprise = log - logScale;
    double side = Math.abs(surprise) > FAR ? Math.signum(surprise) : 0;
    if (side == 0 || side == farSide) {
      double weight = Math.min(1, profiledNanos / usualNanos);
      logScale += GAIN * weight * Math.min(FAR, Math.max(-FAR, surprise));
    }
    farSide = side;
  }

  /** The scale, 1 before the first sample. */
  double scale() {
    return Math.exp(logScale);
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }
}

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
 * <p>How far it may be off follows from how far samples lie from it: of an average with a gain of
 * {@code g} over independent samples that deviate by {@code s} the deviation is {@code s sqrt(g /
 * (2 - g))} (Roberts, "Control Chart Tests Based on Geometric Moving Averages", Technometrics 1,
 * 1959). A device that throttles steadily shows in that too, since samples then lie on one side.
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
  private double squaredSurprise;
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
      squaredSurprise = squaredDeviation(Arrays.copyOf(first, count), logScale);
      return;
    }
    double surprise = log - logScale;
    double side = Math.abs(surprise) > FAR ? Math.signum(surprise) : 0;
    if (side == 0 || side == farSide) {
      double weight = Math.min(1, profiledNanos / usualNanos);
      double followed = Math.min(FAR, Math.max(-FAR, surprise));
      logScale += GAIN * weight * followed;
      squaredSurprise += GAIN * weight * (followed * followed - squaredSurprise);
    }
    farSide = side;
  }

  /** The scale, 1 before the first sample. */
  double scale() {
    return Math.exp(logScale);
  }

  /** Standard deviation of the scale's logarithm; 0 until two samples have told something. */
  double sd() {
    double share = count < FIRST ? 1.0 / Math.max(1, count) : GAIN / (2 - GAIN);
    return Math.sqrt(squaredSurprise * share);
  }

  /** The first samples may be slow ones, so as robust as the median: 1.48 times the median one. */
  private static double squaredDeviation(double[] values, double middle) {
    double[] deviations = Arrays.stream(values).map(value -> Math.abs(value - middle)).toArray();
    double sd = 1.4826 * median(deviations);
    return sd * sd;
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }
}

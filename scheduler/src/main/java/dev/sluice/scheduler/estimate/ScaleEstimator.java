package dev.sluice.scheduler.estimate;

/**
 * Measured time over profiled time, averaged in the log domain. Short pieces weigh less, single
 * stalls are clipped. Not thread-safe.
 */
final class ScaleEstimator {
  private static final double GAIN = 0.15;
  private static final double MOST_SURPRISE = 0.7;
  private static final double LEAST = 1e-4;
  private static final double MOST = 1e6;

  private double logScale;
  private double usualNanos;
  private int count;

  void observe(long measuredNanos, long profiledNanos) {
    if (measuredNanos <= 0 || profiledNanos <= 0) {
      return;
    }
    double ratio = (double) measuredNanos / profiledNanos;
    if (ratio < LEAST || ratio > MOST) {
      return;
    }
    double log = Math.log(ratio);
    usualNanos = count == 0 ? profiledNanos : usualNanos + GAIN * (profiledNanos - usualNanos);
    count++;
    double weight = Math.min(1, profiledNanos / usualNanos);
    /* The first samples are a plain average, so that the starting value leaves no trace. */
    double gain = Math.max(GAIN, 1.0 / count) * weight;
    double surprise = log - logScale;
    if (count > 3) {
      surprise = Math.min(MOST_SURPRISE, Math.max(-MOST_SURPRISE, surprise));
    } else if (count == 1) {
      gain = 1;
    }
    logScale += gain * surprise;
  }

  /** The scale, 1 before the first sample. */
  double scale() {
    return Math.exp(logScale);
  }
}

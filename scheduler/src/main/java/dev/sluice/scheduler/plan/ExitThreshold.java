package dev.sluice.scheduler.plan;

/**
 * Stops at an exit when its calibrated top-1 probability is at least a threshold.
 *
 * @param exit the exit's number in the bundle, at least 0
 * @param threshold at least 0; 0 always stops here, above 1 never does
 */
public record ExitThreshold(int exit, double threshold) {
  public ExitThreshold {
    if (exit < 0) {
      throw new IllegalArgumentException("exit must not be negative: " + exit);
    }
    if (!(threshold >= 0)) {
      throw new IllegalArgumentException("threshold must be at least 0: " + threshold);
    }
  }

  /** Returns whether a sample of this confidence stops here. */
  public boolean stops(double confidence) {
    return confidence >= threshold;
  }
}

package dev.sluice.protocol.message;

/**
 * When one exit is sure enough.
 *
 * @param exit number of the exit in the bundle, in {@code [0, 255]}
 * @param threshold the answer stops there when its score is at least this; 0 always stops, above 1
 *     never; finite and not negative
 */
public record ExitThreshold(int exit, double threshold) {
  public ExitThreshold {
    if (exit < 0 || exit > 255) {
      throw new IllegalArgumentException("exit not in [0, 255]: " + exit);
    }
    if (!(threshold >= 0) || Double.isInfinite(threshold)) {
      throw new IllegalArgumentException("threshold must be finite and >= 0: " + threshold);
    }
  }
}

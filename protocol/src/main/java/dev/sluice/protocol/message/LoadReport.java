package dev.sluice.protocol.message;

/**
 * How busy a worker is.
 *
 * @param queued requests waiting or computing, at least 0
 * @param busyFraction share of recent time spent computing, in {@code [0, 1]}
 * @param computeScale measured over profiled compute time, smoothed; positive and finite, 1 when
 *     nothing is known
 */
public record LoadReport(int queued, double busyFraction, double computeScale) {
  /** Nothing to do and as fast as profiled. */
  public static final LoadReport IDLE = new LoadReport(0, 0, 1);

  public LoadReport {
    if (queued < 0) {
      throw new IllegalArgumentException("queued must not be negative: " + queued);
    }
    if (!(busyFraction >= 0 && busyFraction <= 1)) {
      throw new IllegalArgumentException("busyFraction not in [0, 1]: " + busyFraction);
    }
    if (!(computeScale > 0) || Double.isInfinite(computeScale)) {
      throw new IllegalArgumentException(
          "computeScale must be positive and finite: " + computeScale);
    }
  }
}

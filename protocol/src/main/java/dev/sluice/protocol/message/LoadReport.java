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

  private static final double BUSY_STEP = 0.2;
  private static final double SCALE_STEP = 1.2;
  private static final int QUEUED_STEP = 2;

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

  /**
   * Returns whether a device might choose otherwise by this report than by another: a quarter more
   * or fewer requests and at least two, a fifth more or less of the time, a fifth slower or faster.
   */
  public boolean differsFrom(LoadReport other) {
    int most = Math.max(queued, other.queued);
    double slower = Math.max(computeScale, other.computeScale);
    return Math.abs(queued - other.queued) >= Math.max(QUEUED_STEP, most / 4)
        || Math.abs(busyFraction - other.busyFraction) >= BUSY_STEP
        || slower >= SCALE_STEP * Math.min(computeScale, other.computeScale);
  }
}

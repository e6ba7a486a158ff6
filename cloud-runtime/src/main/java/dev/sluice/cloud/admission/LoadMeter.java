package dev.sluice.cloud.admission;

import dev.sluice.protocol.message.LoadReport;

/**
 * How busy a worker is: share of recent time spent computing, and measured over profiled time.
 *
 * <p>Both are averages whose weights halve with age, so that a report follows a change of load
 * within about a second. Thread-safe.
 */
public final class LoadMeter {
  private static final double BUSY_HALF_LIFE_NANOS = 1e9;
  private static final double SCALE_WEIGHT = 0.1;

  private final int threads;
  private double busyFraction;
  private double computeScale = 1;
  private boolean scaleKnown;
  private long lastNanos;

  /**
   * @param threads threads that compute, at least 1
   * @param nowNanos the time from which busyness counts
   */
  public LoadMeter(int threads, long nowNanos) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be positive: " + threads);
    }
    this.threads = threads;
    this.lastNanos = nowNanos;
  }

  /**
   * Counts a finished computation.
   *
   * @param computeNanos what it took
   * @param profiledNanos what the profile says it takes, 0 when it says nothing
   */
  public synchronized void computed(long computeNanos, long profiledNanos, long nowNanos) {
    decayTo(nowNanos);
    // The share of the averaging window that this computation filled.
    double share = computeNanos * Math.log(2) / (BUSY_HALF_LIFE_NANOS * threads);
    busyFraction = Math.min(1, busyFraction + share);
    if (profiledNanos > 0 && computeNanos > 0) {
      double ratio = (double) computeNanos / profiledNanos;
      computeScale = scaleKnown ? computeScale + SCALE_WEIGHT * (ratio - computeScale) : ratio;
      scaleKnown = true;
    }
  }

  /** Returns the load at a time, given how many requests wait or are being computed. */
  public synchronized LoadReport report(int queued, long nowNanos) {
    decayTo(nowNanos);
    return new LoadReport(queued, busyFraction, computeScale);
  }

  private void decayTo(long nowNanos) {
    long elapsed = nowNanos - lastNanos;
    if (elapsed > 0) {
      busyFraction *= Math.exp(-elapsed * Math.log(2) / BUSY_HALF_LIFE_NANOS);
      lastNanos = nowNanos;
    }
  }
}

package dev.sluice.scheduler.plan;

import java.util.Arrays;

/** Latencies of a replayed stream. Immutable. */
public final class LatencyDistribution {
  private final long[] sortedNanos;

  private LatencyDistribution(long[] sortedNanos) {
    this.sortedNanos = sortedNanos;
  }

  /**
   * Returns the distribution of the given latencies.
   *
   * @param nanos at least one latency, in any order; copied
   */
  public static LatencyDistribution of(long[] nanos) {
    if (nanos.length == 0) {
      throw new IllegalArgumentException("a distribution needs at least one latency");
    }
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return new LatencyDistribution(sorted);
  }

  /**
   * Returns the smallest latency that at least a share of the samples does not exceed.
   *
   * @param percent in (0, 100]
   */
  public long percentileNanos(double percent) {
    return sortedNanos[rank(percent, sortedNanos.length)];
  }

  /** Returns the share of samples that a latency is exceeded by, in [0, 1]. */
  public double shareLaterThan(double nanos) {
    int late = 0;
    for (long sample : sortedNanos) {
      late += sample > nanos ? 1 : 0;
    }
    return (double) late / sortedNanos.length;
  }

  /** Returns the index, in ascending order, of a percentile among {@code count} values. */
  public static int rank(double percent, int count) {
    if (!(percent > 0 && percent <= 100)) {
      throw new IllegalArgumentException("percent not in (0, 100]: " + percent);
    }
    return Math.min(count - 1, Math.max(0, (int) Math.ceil(percent / 100 * count - 1e-9) - 1));
  }

  /** Returns the mean latency. */
  public double meanNanos() {
    double sum = 0;
    for (long nanos : sortedNanos) {
      sum += nanos;
    }
    return sum / sortedNanos.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LatencyDistribution that
        && Arrays.equals(sortedNanos, that.sortedNanos);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sortedNanos);
  }

  @Override
  public String toString() {
    return "LatencyDistribution[samples=" + sortedNanos.length + "]";
  }
}

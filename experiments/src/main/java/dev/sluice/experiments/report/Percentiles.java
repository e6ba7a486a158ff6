package dev.sluice.experiments.report;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Percentiles of durations, to three digits, up to an hour. Not thread-safe. */
public final class Percentiles {
  private static final long LONGEST_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final int DIGITS = 3;

  private final Histogram histogram = new Histogram(LONGEST_NANOS, DIGITS);

  /**
   * Adds a duration; one above an hour counts as an hour.
   *
   * @param nanos at least 0
   */
  public void add(long nanos) {
    if (nanos < 0) {
      throw new IllegalArgumentException("negative duration: " + nanos);
    }
    histogram.recordValue(Math.min(nanos, LONGEST_NANOS));
  }

  /**
   * The duration that the given percentage of the samples does not exceed, or 0 without samples.
   *
   * @param percent in {@code [0, 100]}
   */
  public long at(double percent) {
    return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percent);
  }

  /** How many durations were added. */
  public long count() {
    return histogram.getTotalCount();
  }
}

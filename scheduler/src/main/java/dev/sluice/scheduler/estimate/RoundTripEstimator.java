package dev.sluice.scheduler.estimate;

import java.util.Arrays;

/**
 * Round trip of a tiny message: median of the last three samples, spread of the last five. Follows
 * a step after two samples and is not moved by one outlier. Not thread-safe.
 */
final class RoundTripEstimator {
  private static final int KEPT = 5;
  private static final int CENTRAL = 3;
  private static final long LEAST_SD_NANOS = 200_000;
  private static final long LEAST_STEP_NANOS = 3_000_000;
  private static final double LEAST_RELATIVE_SD = 0.05;

  private final long[] recent = new long[KEPT];
  private int count;
  private long updatedNanos;

  boolean known() {
    return count > 0;
  }

  long updatedNanos() {
    return updatedNanos;
  }

  void observe(long roundTripNanos, long nowNanos) {
    if (count > 2 && stepped(roundTripNanos)) {
      recent[0] = recent[(count - 1) % KEPT];
      count = 1;
    }
    recent[count % KEPT] = roundTripNanos;
    count++;
    updatedNanos = nowNanos;
  }

  /** Median of the last samples; 0 if there is none. */
  long nanos() {
    return median(latest(CENTRAL));
  }

  long sdNanos(long nowNanos) {
    long center = nanos();
    double ageSeconds = Math.max(0, nowNanos - updatedNanos) / 1e9;
    double aged = 0.1 * center * Math.sqrt(Math.min(ageSeconds, 100));
    double spread = Math.max(spreadNanos(), Math.max(LEAST_SD_NANOS, LEAST_RELATIVE_SD * center));
    return Math.round(Math.sqrt(spread * spread + aged * aged));
  }

  /** Standard deviation of the last samples as they are, robust: without what caution adds. */
  double spreadNanos() {
    long center = nanos();
    long[] deviations = latest(KEPT);
    for (int i = 0; i < deviations.length; i++) {
      deviations[i] = Math.abs(deviations[i] - center);
    }
    return 1.4826 * median(deviations);
  }

  /** Whether this sample and the last one agree on something far from all before. */
  private boolean stepped(long roundTripNanos) {
    long last = recent[(count - 1) % KEPT];
    long[] older = new long[Math.min(KEPT, count) - 1];
    for (int i = 0; i < older.length; i++) {
      older[i] = recent[(count - 2 - i) % KEPT];
    }
    long usual = median(older);
    long far = Math.max(LEAST_STEP_NANOS, usual / 2);
    boolean up = last - usual > far && roundTripNanos - usual > far;
    boolean down = usual - last > far / 2 && usual - roundTripNanos > far / 2;
    return up || down;
  }

  private long[] latest(int most) {
    int kept = Math.min(most, count);
    long[] latest = new long[kept];
    for (int i = 0; i < kept; i++) {
      latest[i] = recent[(count - 1 - i) % KEPT];
    }
    return latest;
  }

  private static long median(long[] values) {
    if (values.length == 0) {
      return 0;
    }
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[middle]
        : sorted[middle - 1] + (sorted[middle] - sorted[middle - 1]) / 2;
  }
}

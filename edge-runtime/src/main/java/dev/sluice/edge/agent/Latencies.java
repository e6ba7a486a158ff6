package dev.sluice.edge.agent;

import java.util.Arrays;

/** The latest latencies, at most {@value #KEPT}. Not thread-safe. */
final class Latencies {
  private static final int KEPT = 100_000;

  private long[] nanos = new long[256];
  private long count;

  void add(long latencyNanos) {
    int at = (int) (count++ % KEPT);
    if (at == nanos.length) {
      nanos = Arrays.copyOf(nanos, Math.min(KEPT, 2 * nanos.length));
    }
    nanos[at] = latencyNanos;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Returns the smallest latency that so many percent do not exceed; 0 if there is none. */
  long percentileNanos(double percent) {
    int n = (int) Math.min(count, nanos.length);
    if (n == 0) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(nanos, n);
    Arrays.sort(sorted);
    return sorted[Math.min(n - 1, Math.max(0, (int) Math.ceil(percent / 100 * n) - 1))];
  }
}

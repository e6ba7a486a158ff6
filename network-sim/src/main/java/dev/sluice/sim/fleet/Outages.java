package dev.sluice.sim.fleet;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * When a base station is out: everything that goes through it stands still. Devices of one cell
 * share one object, so that they are cut off together. Immutable.
 */
public final class Outages {
  /** Never out. */
  public static final Outages NONE = new Outages(new long[0], new long[0]);

  private final long[] starts;
  private final long[] ends;

  private Outages(long[] starts, long[] ends) {
    this.starts = starts;
    this.ends = ends;
  }

  /**
   * Draws outages: exponential times in between, exponential lengths, which makes an alternating
   * renewal process (Ross, "Introduction to Probability Models", section 7.5.1).
   *
   * @param meanUpNanos mean time from the end of one to the next, positive; infinite for none
   * @param meanDownNanos mean length, positive
   * @param horizonNanos none begins later
   */
  public static Outages draw(
      double meanUpNanos, double meanDownNanos, long horizonNanos, RandomGenerator random) {
    if (!(meanUpNanos > 0 && meanDownNanos > 0)) {
      throw new IllegalArgumentException(
          "mean times must be positive: " + meanUpNanos + ", " + meanDownNanos);
    }
    long[] starts = new long[8];
    long[] ends = new long[8];
    int count = 0;
    double time = meanUpNanos * random.nextExponential();
    while (time < horizonNanos) {
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, 2 * count);
        ends = Arrays.copyOf(ends, 2 * count);
      }
      starts[count] = (long) time;
      time += Math.max(1, meanDownNanos * random.nextExponential());
      ends[count++] = (long) Math.ceil(time);
      time += Math.max(1, meanUpNanos * random.nextExponential());
    }
    return new Outages(Arrays.copyOf(starts, count), Arrays.copyOf(ends, count));
  }

  /** Returns one outage. */
  public static Outages of(long startNanos, long endNanos) {
    if (startNanos < 0 || endNanos <= startNanos) {
      throw new IllegalArgumentException("no outage: " + startNanos + " to " + endNanos + " ns");
    }
    return new Outages(new long[] {startNanos}, new long[] {endNanos});
  }

  /** Returns when the outage that holds at a time began, or -1 if none holds. */
  public long since(long nanos) {
    int last = lastBegun(nanos);
    return last >= 0 && nanos < ends[last] ? starts[last] : -1;
  }

  /** Returns the first time from a time on at which none holds. */
  public long over(long nanos) {
    int last = lastBegun(nanos);
    return last >= 0 && nanos < ends[last] ? ends[last] : nanos;
  }

  /** Returns when the next one after a time begins, or {@link Long#MAX_VALUE}. */
  public long next(long nanos) {
    int next = lastBegun(nanos) + 1;
    return next < starts.length ? starts[next] : Long.MAX_VALUE;
  }

  private int lastBegun(long nanos) {
    int found = Arrays.binarySearch(starts, nanos);
    return found >= 0 ? found : -found - 2;
  }
}

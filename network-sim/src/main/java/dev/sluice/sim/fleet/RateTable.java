package dev.sluice.sim.fleet;

import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.LinkTrace.Step;
import java.util.Arrays;
import java.util.List;

/**
 * An uplink's rate over time with its sums, so that how long any number of bytes takes is a look-up
 * instead of a walk from packet to packet. It begins again at its end. Immutable; many devices may
 * share one.
 */
public final class RateTable {
  /** Sums are rounded: what is that near to where a pause begins does not wait for its end. */
  private static final double ROUNDING_BYTES = 1e-6;

  private final long[] starts;

  /** Bytes per nanosecond, by step. */
  private final double[] rates;

  /** Bytes before each step, and before the end. */
  private final double[] sums;

  private final long durationNanos;

  private RateTable(long[] starts, double[] rates, long durationNanos) {
    this.starts = starts;
    this.rates = rates;
    this.durationNanos = durationNanos;
    sums = new double[starts.length + 1];
    for (int i = 0; i < starts.length; i++) {
      long end = i + 1 < starts.length ? starts[i + 1] : durationNanos;
      sums[i + 1] = sums[i] + rates[i] * (end - starts[i]);
    }
    if (!(sums[starts.length] > 0)) {
      throw new IllegalArgumentException("the uplink's rate is zero all the time");
    }
  }

  /** Returns a trace's uplink; its outages count as steps without rate. */
  public static RateTable of(LinkTrace trace) {
    List<Step> steps = trace.steps();
    return new RateTable(
        steps.stream().mapToLong(Step::startNanos).toArray(),
        steps.stream()
            .mapToDouble(step -> step.uplinkBlocked() ? 0 : step.uplinkBytesPerSecond() / 1e9)
            .toArray(),
        trace.durationNanos());
  }

  /**
   * Returns steps of equal length.
   *
   * @param stepNanos length of a step, positive
   * @param bytesPerSecond by step, at least one, finite and at least 0, not all 0; copied
   */
  public static RateTable of(long stepNanos, double[] bytesPerSecond) {
    if (stepNanos <= 0 || bytesPerSecond.length == 0) {
      throw new IllegalArgumentException("a table needs steps that last");
    }
    long[] starts = new long[bytesPerSecond.length];
    double[] rates = new double[bytesPerSecond.length];
    for (int i = 0; i < starts.length; i++) {
      if (!(bytesPerSecond[i] >= 0 && bytesPerSecond[i] < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "rate must be finite and not negative: " + bytesPerSecond[i] + " bytes/s");
      }
      starts[i] = i * stepNanos;
      rates[i] = bytesPerSecond[i] / 1e9;
    }
    return new RateTable(starts, rates, starts.length * stepNanos);
  }

  /** Returns where it begins again. */
  public long durationNanos() {
    return durationNanos;
  }

  /** Returns the mean rate over one round. */
  public double meanBytesPerSecond() {
    return sums[starts.length] * 1e9 / durationNanos;
  }

  /** Returns the rate at a position, at least 0. */
  public double bytesPerSecond(long positionNanos) {
    return rates[stepAt(positionNanos % durationNanos)] * 1e9;
  }

  /**
   * Returns since when no byte has passed, at most one round back, or -1 if bytes pass.
   *
   * @param positionNanos at least 0
   */
  public long stillSince(long positionNanos) {
    long rest = positionNanos % durationNanos;
    int step = stepAt(rest);
    if (rates[step] > 0) {
      return -1;
    }
    long round = positionNanos - rest;
    while (rates[step] == 0) {
      if (step == 0) {
        if (round == 0) {
          return 0;
        }
        round -= durationNanos;
        step = starts.length;
      }
      step--;
    }
    return round + (step + 1 < starts.length ? starts[step + 1] : durationNanos);
  }

  /** Returns the bytes from the start to a position, at least 0, rounds before it included. */
  public double bytesBefore(long positionNanos) {
    long rounds = positionNanos / durationNanos;
    long rest = positionNanos - rounds * durationNanos;
    int step = stepAt(rest);
    return rounds * sums[starts.length] + sums[step] + rates[step] * (rest - starts[step]);
  }

  /** Returns the first position before which so many bytes passed. */
  public long positionOf(double bytes) {
    double perRound = sums[starts.length];
    long rounds = (long) Math.floor(bytes / perRound);
    long before = rounds * durationNanos;
    double rest = Math.min(perRound, Math.max(0, bytes - rounds * perRound - ROUNDING_BYTES));
    int found = Arrays.binarySearch(sums, rest);
    if (found >= 0) {
      /* Where a pause begins; of several equal sums the first. */
      while (found > 0 && sums[found - 1] >= rest) {
        found--;
      }
      long at = found == starts.length ? durationNanos : starts[found];
      return before + at;
    }
    int step = -found - 2;
    double into = (rest - sums[step]) / rates[step];
    return before + starts[step] + (long) Math.ceil(into);
  }

  private int stepAt(long restNanos) {
    int found = Arrays.binarySearch(starts, restNanos);
    return found >= 0 ? found : -found - 2;
  }
}

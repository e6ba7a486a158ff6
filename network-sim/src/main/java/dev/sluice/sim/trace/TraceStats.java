package dev.sluice.sim.trace;

import dev.sluice.sim.trace.LinkTrace.Step;
import java.util.List;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;

/**
 * What a trace is like. Figures weigh by time: rates are those of the whole seconds of the trace,
 * each the mean over it, outages counted as 0; a rest of less than a second counts only in a trace
 * that has nothing else. Immutable.
 *
 * @param seconds how long it lasts
 * @param steps how many it has
 * @param uplink the way to the worker
 * @param downlink the way back
 * @param roundTripMeanMillis weighed by time, outages left out
 * @param outageShare of the time, in [0, 1]: an outage, or an uplink rate of 0
 * @param outages how many such stretches there are
 * @param longestOutageSeconds the longest of them
 */
public record TraceStats(
    double seconds,
    int steps,
    Rate uplink,
    Rate downlink,
    double roundTripMeanMillis,
    double outageShare,
    int outages,
    double longestOutageSeconds) {
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final double MEGABITS_PER_BYTE = 8e-6;

  /**
   * A rate over time, in Mbit/s.
   *
   * @param mean over the whole trace, rest included
   * @param min of the seconds
   * @param p5 that 5 % of the seconds do not exceed; likewise the others
   * @param max of the seconds
   * @param variation standard deviation over mean of the seconds; 0 where the mean is 0
   * @param autocorrelation of a second with the next one; not a number where there is none
   * @param deadShare of the seconds in which nothing passes
   */
  public record Rate(
      double mean,
      double min,
      double p5,
      double p25,
      double p50,
      double p75,
      double p95,
      double max,
      double variation,
      double autocorrelation,
      double deadShare) {}

  /** Computes them. */
  public static TraceStats of(LinkTrace trace) {
    List<Step> steps = trace.steps();
    double roundTrip = 0;
    double live = 0;
    double out = 0;
    double stretch = 0;
    double longest = 0;
    int outages = 0;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      double length = (endNanos(trace, i) - step.startNanos()) / 1e9;
      if (!step.outage()) {
        roundTrip += length * step.roundTripNanos() / 1e6;
        live += length;
      }
      if (step.uplinkBlocked()) {
        outages += stretch == 0 ? 1 : 0;
        stretch += length;
        out += length;
        longest = Math.max(longest, stretch);
      } else {
        stretch = 0;
      }
    }
    double seconds = trace.durationNanos() / 1e9;
    return new TraceStats(
        seconds,
        steps.size(),
        rate(bins(trace, true), trace.meanUplinkBytesPerSecond()),
        rate(bins(trace, false), trace.meanDownlinkBytesPerSecond()),
        live == 0 ? 0 : roundTrip / live,
        out / seconds,
        outages,
        longest);
  }

  private static Rate rate(double[] megabits, double meanBytesPerSecond) {
    DescriptiveStatistics all = new DescriptiveStatistics(megabits);
    long dead = 0;
    for (double second : megabits) {
      dead += second == 0 ? 1 : 0;
    }
    return new Rate(
        meanBytesPerSecond * MEGABITS_PER_BYTE,
        all.getMin(),
        all.getPercentile(5),
        all.getPercentile(25),
        all.getPercentile(50),
        all.getPercentile(75),
        all.getPercentile(95),
        all.getMax(),
        all.getMean() == 0 ? 0 : all.getStandardDeviation() / all.getMean(),
        autocorrelation(megabits),
        (double) dead / megabits.length);
  }

  private static double autocorrelation(double[] values) {
    int pairs = values.length - 1;
    if (pairs < 2) {
      return Double.NaN;
    }
    double[] before = java.util.Arrays.copyOfRange(values, 0, pairs);
    double[] after = java.util.Arrays.copyOfRange(values, 1, pairs + 1);
    return new PearsonsCorrelation().correlation(before, after);
  }

  /** The mean rate of each whole second, in Mbit/s. */
  static double[] bins(LinkTrace trace, boolean uplink) {
    long width = Math.min(SECOND_NANOS, trace.durationNanos());
    double[] bytes = new double[(int) (trace.durationNanos() / width)];
    List<Step> steps = trace.steps();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      double rate = uplink ? step.uplinkBytesPerSecond() : step.downlinkBytesPerSecond();
      long at = step.startNanos();
      long end = Math.min(endNanos(trace, i), bytes.length * width);
      while (at < end) {
        int bin = (int) (at / width);
        long until = Math.min(end, (bin + 1L) * width);
        bytes[bin] += step.outage() ? 0 : rate * (until - at) / 1e9;
        at = until;
      }
    }
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] *= MEGABITS_PER_BYTE * SECOND_NANOS / width;
    }
    return bytes;
  }

  private static long endNanos(LinkTrace trace, int step) {
    List<Step> steps = trace.steps();
    return step + 1 < steps.size() ? steps.get(step + 1).startNanos() : trace.durationNanos();
  }
}

package dev.sluice.experiments.study.herd;

import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What happened between two events, and whether it settled. Immutable.
 *
 * @param name what began it
 * @param course second by second, at least {@value #END} of them
 * @param threads of the worker
 */
record Phase(String name, List<Herd.Second> course, int threads) {
  /** Seconds at its end over which everything is judged. */
  static final int END = 20;

  /** Seconds over which offload is averaged, so that frames' chance does not count as movement. */
  private static final int WINDOW = 5;

  /** Share by which settled offload may leave its mean. */
  private static final double SETTLED = 0.15;

  Phase {
    course = List.copyOf(course);
    if (course.size() < END) {
      throw new IllegalArgumentException("a phase needs " + END + " s: " + course.size());
    }
  }

  private List<Herd.Second> end() {
    return course.subList(course.size() - END, course.size());
  }

  private static double sum(List<Herd.Second> seconds, ToLongFunction<Herd.Second> what) {
    return (double) seconds.stream().mapToLong(what).sum();
  }

  /** Requests per second that reach the worker, by the window that begins in each second. */
  private static double[] offload(List<Herd.Second> seconds) {
    double[] means = new double[seconds.size() - WINDOW + 1];
    for (int i = 0; i < means.length; i++) {
      means[i] = sum(seconds.subList(i, i + WINDOW), Herd.Second::sent) / WINDOW;
    }
    return means;
  }

  /** Mean offload at the end, in requests per second. */
  double offload() {
    return sum(end(), Herd.Second::sent) / END;
  }

  /**
   * Returns the seconds until offload is what it is at the end, and stays there within 15 %; the
   * whole phase if it never does.
   */
  double settlingSeconds() {
    double[] means = offload(course);
    double last = offload();
    for (int i = means.length - 1; i >= 0; i--) {
      if (Math.abs(means[i] - last) > SETTLED * last) {
        return i == means.length - 1 ? course.size() : i + 1;
      }
    }
    return 0;
  }

  /** From the lowest to the highest offload at the end, over its mean. */
  double oscillation() {
    double least = Double.POSITIVE_INFINITY;
    double most = 0;
    for (double mean : offload(end())) {
      least = Math.min(least, mean);
      most = Math.max(most, mean);
    }
    return offload() == 0 ? 0 : (most - least) / offload();
  }

  /** The worker's busy share at the end. */
  double utilisation() {
    return sum(end(), Herd.Second::busyNanos) / 1e9 / END / threads;
  }

  /** Share of frames answered late, or not at all, at the end. */
  double lateShare() {
    return sum(end(), Herd.Second::late) / Math.max(1, sum(end(), Herd.Second::frames));
  }

  /** Share of frames that the device answered by itself against the plan, at the end. */
  double degradedShare() {
    return sum(end(), Herd.Second::degraded) / Math.max(1, sum(end(), Herd.Second::frames));
  }

  /** Share of frames answered late, or not at all, from the first second on. */
  double lateShareOfAll() {
    return sum(course, Herd.Second::late) / Math.max(1, sum(course, Herd.Second::frames));
  }

  /** Share of requests that the worker did not compute, at the end. */
  double refusedShare() {
    return sum(end(), Herd.Second::refused) / Math.max(1, sum(end(), Herd.Second::sent));
  }

  /** Changes of plan per device and minute at the end. */
  double changesPerDeviceMinute() {
    return sum(end(), Herd.Second::changes) * 60 / Math.max(1, sum(end(), Herd.Second::devices));
  }
}

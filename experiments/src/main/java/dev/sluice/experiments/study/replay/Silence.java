package dev.sluice.experiments.study.replay;

import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.List;

/**
 * A stretch in which a link passes nothing to the worker: an outage, or a rate of 0, as recordings
 * have it. Immutable.
 *
 * @param fromNanos since the link began
 * @param toNanos since the link began, after {@code fromNanos}
 */
public record Silence(long fromNanos, long toNanos) {
  public Silence {
    if (!(fromNanos >= 0 && toNanos > fromNanos)) {
      throw new IllegalArgumentException("not a stretch: " + fromNanos + ", " + toNanos);
    }
  }

  /**
   * The stretches of a link.
   *
   * @param endNanos how much of the link counts
   * @param leastNanos shorter ones are left out: a recording has gaps between packets
   */
  public static List<Silence> of(LinkTrace trace, long endNanos, long leastNanos) {
    List<Silence> all = new ArrayList<>();
    long at = 0;
    while (at < endNanos) {
      long from = at;
      while (at < endNanos && trace.stepAt(at).uplinkBlocked()) {
        at = Math.min(endNanos, trace.nextChangeNanos(at));
      }
      if (at > from && at - from >= leastNanos) {
        all.add(new Silence(from, at));
      }
      if (at < endNanos) {
        at = trace.nextChangeNanos(at);
      }
    }
    return all;
  }

  /** Whether it overlaps with the time from one moment to another. */
  public boolean meets(long beginNanos, long endNanos) {
    return fromNanos < endNanos && toNanos > beginNanos;
  }
}

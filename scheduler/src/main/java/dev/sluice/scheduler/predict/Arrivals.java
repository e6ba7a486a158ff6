package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;

/**
 * How frames come: whatever becomes of them, or as fast as they are answered.
 *
 * <p>A closed source keeps a fixed number of frames in flight and hands in the next when one is
 * answered. The period that is measured then is the present plan's doing: it says how fast that
 * plan is, and nothing of what another would have to keep up with. The difference, and how far
 * results for one kind are from right for the other, are in Schroeder, Wierman and Harchol-Balter,
 * "Open Versus Closed: A Cautionary Tale" (NSDI 2006). We do not solve the closed queueing network:
 * a plan is replayed with frames that come just slowly enough for its slowest stage, and never
 * faster than measured.
 */
public enum Arrivals {
  /** Frames come at the measured period; a plan that cannot keep up is overloaded. */
  OPEN,
  /** Frames come at the measured period or, where a plan takes longer, at its own pace. */
  CLOSED;

  /** Busy share of the slowest stage at a plan's own pace: not yet an overload. */
  static final double CLOSED_LOAD = 0.9;

  /**
   * Returns how frames come for whoever has an objective. Who wants as many frames per second as
   * possible before all else has more of them than can be answered, and takes the pace from the
   * plan; all others have frames that do not wait.
   */
  public static Arrivals of(Objective objective) {
    return objective.targets().stream()
            .limit(1)
            .anyMatch(first -> first.maximise() && first.metric().kind() == Metric.Kind.THROUGHPUT)
        ? CLOSED
        : OPEN;
  }

  /**
   * Returns the time between the frames that a plan is judged at.
   *
   * @param measuredNanos 0 = unknown, and stays so
   * @param slowestNanos that the plan's slowest stage takes per frame
   */
  long periodNanos(long measuredNanos, double slowestNanos) {
    return this == OPEN || measuredNanos == 0
        ? measuredNanos
        : Math.max(measuredNanos, (long) Math.ceil(slowestNanos / CLOSED_LOAD));
  }
}

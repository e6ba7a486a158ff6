package dev.sluice.scheduler.objective;

import java.util.Optional;

/**
 * A hard bound. Immutable.
 *
 * <p>Accuracy and throughput are bounded from below, all else from above.
 *
 * @param metric what is bounded
 * @param bound in the metric's base unit: nanoseconds, share, bytes, joules or frames per second;
 *     with {@code relativeToFinal} added to the uncut network's accuracy
 * @param relativeToFinal whether the bound counts from the uncut network's accuracy
 */
public record Constraint(Metric metric, double bound, boolean relativeToFinal) {
  public Constraint {
    if (Double.isNaN(bound) || Double.isInfinite(bound)) {
      throw new IllegalArgumentException("bound must be finite: " + bound);
    }
    if (relativeToFinal && metric.kind() != Metric.Kind.ACCURACY) {
      throw new IllegalArgumentException("only accuracy counts from the final exit's: " + metric);
    }
  }

  /** Returns whether more is better. */
  public boolean isFloor() {
    return metric.moreIsBetter();
  }

  /**
   * Returns the same constraint as a bound of a latency. {@code deadline_misses(150 ms) <= 5 %}
   * says no more and no less than {@code p95_latency <= 150 ms}.
   *
   * @return empty where it is no bound of a latency, or one that cannot fail
   */
  public Optional<Constraint> latencyBound() {
    if (metric.kind() == Metric.Kind.DEADLINE_MISSES) {
      return bound >= 1
          ? Optional.empty()
          : Optional.of(
              new Constraint(
                  Metric.latencyPercentile(100 * (1 - Math.max(0, bound))),
                  metric.deadlineNanos(),
                  false));
    }
    return metric.isLatency() ? Optional.of(this) : Optional.empty();
  }

  /** Returns by what share of the bound a value breaks it; at most 0 if it holds. */
  public double relativeExcess(double value) {
    double excess = isFloor() ? bound - value : value - bound;
    return excess / Math.max(1e-9, Math.abs(bound));
  }

  /** Returns the constraint as written in an objective. */
  @Override
  public String toString() {
    String relation = isFloor() ? " >= " : " <= ";
    if (!relativeToFinal) {
      return metric + relation + metric.format(bound);
    }
    if (bound == 0) {
      return metric + relation + "final";
    }
    return metric
        + relation
        + "final "
        + (bound < 0 ? "- " : "+ ")
        + metric.formatDifference(Math.abs(bound));
  }
}

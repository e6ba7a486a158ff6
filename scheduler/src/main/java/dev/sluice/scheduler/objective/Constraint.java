package dev.sluice.scheduler.objective;

/**
 * A hard bound. Immutable.
 *
 * <p>Latency, compute and bytes are bounded from above, accuracy from below.
 *
 * @param metric what is bounded
 * @param bound in the metric's base unit: nanoseconds, share or bytes; with {@code relativeToFinal}
 *     added to the uncut network's accuracy
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
    return metric.kind() == Metric.Kind.ACCURACY;
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

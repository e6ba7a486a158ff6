package dev.sluice.scheduler.objective;

/**
 * Something to make as small or as large as possible. Immutable.
 *
 * @param metric what
 * @param maximise true for as large as possible
 */
public record Target(Metric metric, boolean maximise) {
  /**
   * Returns the value such that less is better: of accuracy the share of wrong answers, so that
   * relative differences are those of the errors. Between 96 and 97 % right lies a quarter of all
   * errors, but one per cent of the accuracy.
   */
  public double cost(double value) {
    if (!maximise) {
      return value;
    }
    return metric.kind() == Metric.Kind.ACCURACY ? 1 - value : -value;
  }

  /** Returns the target as written in an objective. */
  @Override
  public String toString() {
    return (maximise ? "maximise " : "minimise ") + metric;
  }
}

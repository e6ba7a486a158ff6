package dev.sluice.scheduler.objective;

/**
 * Something to make as small or as large as possible. Immutable.
 *
 * @param metric what
 * @param maximise true for as large as possible
 */
public record Target(Metric metric, boolean maximise) {
  /** Returns the value such that less is better. */
  public double cost(double value) {
    return maximise ? -value : value;
  }

  /** Returns the target as written in an objective. */
  @Override
  public String toString() {
    return (maximise ? "maximise " : "minimise ") + metric;
  }
}

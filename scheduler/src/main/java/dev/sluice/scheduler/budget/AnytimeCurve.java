package dev.sluice.scheduler.budget;

import dev.sluice.scheduler.profile.CalibrationTable;

/**
 * How often the answer that is there after some time is right, when the time is not known
 * beforehand and every exit is looked at on the way. Immutable and thread-safe.
 *
 * <p>The <em>anytime</em> mode of Laskaridis, Kouris and Lane, EMDL 2021, and of Huang et al., ICLR
 * 2018, section 5, whose time is uncertain and drawn per sample.
 */
public final class AnytimeCurve {
  private final ExitCosts costs;

  /** By exit: share of right answers when it was the last one in time. */
  private final double[] accuracy;

  private AnytimeCurve(ExitCosts costs, double[] accuracy) {
    this.costs = costs;
    this.accuracy = accuracy;
  }

  /** Returns the curve of whoever answers with the deepest exit so far, as the papers do. */
  public static AnytimeCurve deepest(CalibrationTable table, ExitCosts costs) {
    return of(table, costs, false);
  }

  /**
   * Returns the curve of whoever answers with the most confident exit so far, the deeper one of two
   * that are alike, as the device does at its deadline.
   */
  public static AnytimeCurve mostConfident(CalibrationTable table, ExitCosts costs) {
    return of(table, costs, true);
  }

  private static AnytimeCurve of(CalibrationTable table, ExitCosts costs, boolean confident) {
    if (costs.exits() != table.exits()) {
      throw new IllegalArgumentException(
          "costs of " + costs.exits() + " exits, a table of " + table.exits());
    }
    int[] right = new int[table.exits()];
    for (int s = 0; s < table.samples(); s++) {
      int answers = 0;
      for (int exit = 0; exit < right.length; exit++) {
        if (!confident || table.confidence(s, exit) >= table.confidence(s, answers)) {
          answers = exit;
        }
        right[exit] += table.correct(s, answers) ? 1 : 0;
      }
    }
    double[] accuracy = new double[right.length];
    for (int exit = 0; exit < right.length; exit++) {
      accuracy[exit] = (double) right[exit] / table.samples();
    }
    return new AnytimeCurve(costs, accuracy);
  }

  /**
   * Returns the share of right answers after some time; 0 before the first exit.
   *
   * @param nanos not NaN
   */
  public double accuracyAfter(double nanos) {
    if (Double.isNaN(nanos)) {
      throw new IllegalArgumentException("nanos must be a number");
    }
    double reached = 0;
    for (int exit = 0; exit < accuracy.length && costs.afterAllNanos(exit) <= nanos; exit++) {
      reached = accuracy[exit];
    }
    return reached;
  }

  /**
   * Returns the mean share of right answers over times that are equally likely.
   *
   * @param nanos at least one, none NaN
   */
  public double expectedAccuracy(double[] nanos) {
    if (nanos.length == 0) {
      throw new IllegalArgumentException("at least one time is needed");
    }
    double sum = 0;
    for (double time : nanos) {
      sum += accuracyAfter(time);
    }
    return sum / nanos.length;
  }
}

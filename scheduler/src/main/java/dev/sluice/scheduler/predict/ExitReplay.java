package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.Optional;

/** Where the samples of a calibration table stop under a plan, and how rightly. */
public final class ExitReplay {
  private ExitReplay() {}

  /**
   * Returns, by sample of the table, the exit that answers; for what a companion answers {@link
   * BundleFacts#companionExit}.
   *
   * @param table one of the bundle's
   * @param criterion when active exits stop, if not by the plan's thresholds
   * @throws IllegalArgumentException if the plan does not fit the bundle, or table or profile do
   *     not know its codec
   */
  public static int[] exits(
      BundleFacts facts, CalibrationTable table, Plan plan, Optional<ExitCriterion> criterion) {
    if (plan.usesCloud() && facts.profile().codec(plan.sentCut(), plan.codec()).isEmpty()) {
      throw new IllegalArgumentException(
          "the profile lacks codec " + plan.codec() + " at cut " + plan.sentCut());
    }
    byte[] exit = Outcome.of(facts, table, plan, criterion).exit;
    int[] exits = new int[exit.length];
    for (int s = 0; s < exits.length; s++) {
      exits[s] = exit[s];
    }
    return exits;
  }

  /**
   * Returns a plan's accuracy minus the uncut network's on a table, a share.
   *
   * @throws IllegalArgumentException if the plan does not fit the bundle, or the table does not
   *     know its codec
   */
  public static double difference(BundleFacts facts, CalibrationTable table, Plan plan) {
    boolean[] right = Outcome.of(facts, table, plan, Optional.empty()).right;
    int difference = 0;
    for (int s = 0; s < right.length; s++) {
      difference += (right[s] ? 1 : 0) - (table.correct(s, facts.finalExit()) ? 1 : 0);
    }
    return (double) difference / right.length;
  }
}

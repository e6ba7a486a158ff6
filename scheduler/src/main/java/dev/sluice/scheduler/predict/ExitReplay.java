package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.Optional;

/** Where the samples of a calibration table stop under a plan. */
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
}

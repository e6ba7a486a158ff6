package dev.sluice.scheduler.budget;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.List;

/**
 * Exits chosen for a budget, and what they do on the table that they were chosen on. Immutable.
 *
 * @param exits active exits in ascending order, without the final one; where the last has threshold
 *     0, it answers whatever gets to it
 * @param accuracy share of right answers, in [0, 1]
 * @param meanNanos mean time per frame
 * @param sdNanos its standard deviation between frames
 * @param exitShares by exit, the share of frames that it answers
 * @param excessNanos by how much a frame takes too long for the budget in the mean; at most 0 where
 *     it holds
 */
public record BudgetedExits(
    List<ExitThreshold> exits,
    double accuracy,
    double meanNanos,
    double sdNanos,
    List<Double> exitShares,
    double excessNanos) {
  public BudgetedExits {
    exits = List.copyOf(exits);
    exitShares = List.copyOf(exitShares);
  }

  /** Returns whether the budget holds on the table. */
  public boolean holds() {
    return excessNanos <= 0;
  }

  /** Returns the plan that runs these exits on the device. */
  public Plan plan(BundleFacts facts) {
    if (!exits.isEmpty() && exits.get(exits.size() - 1).threshold() == 0) {
      return Plan.local(facts.exitCut(exits.get(exits.size() - 1).exit()), exits);
    }
    return Plan.local(facts.lastCut(), exits);
  }
}

package dev.sluice.scheduler.plan;

/**
 * A chosen plan and why. Immutable.
 *
 * @param plan what to run from now on
 * @param reason a short sentence for people
 * @param prediction what is expected of the plan under the estimates it was chosen for
 * @param feasible whether every hard constraint is expected to hold; of a plan that is kept,
 *     whether it may still, within what the estimates leave open
 */
public record PlanDecision(Plan plan, String reason, Prediction prediction, boolean feasible) {
  public PlanDecision {
    if (reason.isBlank()) {
      throw new IllegalArgumentException("a decision needs a reason");
    }
  }
}

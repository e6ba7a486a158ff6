package dev.sluice.scheduler.drift;

import dev.sluice.scheduler.plan.Plan;

/**
 * An answer of an exit that the final exit is to check. Immutable.
 *
 * @param frame running number of the sample, at least 0
 * @param plan the sample was run under
 * @param exit whose answer is checked, at least 0
 * @param score its calibrated probability, in [0, 1]
 * @param stopped whether the sample stopped there; otherwise it went on, and the exit's answer is
 *     checked along with it
 * @param probability with which such an answer is chosen, in (0, 1]
 */
public record AuditDraw(
    long frame, Plan plan, int exit, double score, boolean stopped, double probability) {
  public AuditDraw {
    if (frame < 0 || exit < 0) {
      throw new IllegalArgumentException("frame and exit must not be negative: " + frame);
    }
    if (!(score >= 0 && score <= 1)) {
      throw new IllegalArgumentException("score must be in [0, 1]: " + score);
    }
    if (!(probability > 0 && probability <= 1)) {
      throw new IllegalArgumentException("probability must be in (0, 1]: " + probability);
    }
  }
}

package dev.sluice.scheduler.predict;

/**
 * When active exits stop, in place of the plans' thresholds: a policy that was chosen beforehand,
 * as far as the rows of a calibration table can replay it. Immutable and thread-safe.
 *
 * <p>Plans then only say which exits are active; their thresholds mean nothing, except that 0 still
 * stops in any case.
 */
public interface ExitCriterion {
  /** Returns whether an early exit may ever stop; one that may not is in no plan. */
  boolean active(int exit);

  /**
   * Returns whether a sample stops at an active exit.
   *
   * @param predicted class that the exit predicts
   * @param confidence its calibrated probability
   * @param margin its lead over the second class
   * @param entropyNats of the calibrated probabilities
   * @param unchanged how many times in a row an active exit has predicted what the one before it
   *     did, this one included
   */
  boolean stops(
      int exit, int predicted, double confidence, double margin, double entropyNats, int unchanged);
}

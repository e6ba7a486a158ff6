package dev.sluice.training.guard;

import java.util.Locale;

/**
 * Decides whether a training step may be taken, by its loss and the norm of its gradient.
 *
 * <p>A step is refused if either is not finite, or is a hundred times larger than in any step taken
 * before. Adam's second moment keeps a thousandth of a squared gradient: one that is a hundred
 * times the usual size makes the next steps about three times smaller for a while, which does no
 * harm; a much larger one freezes the training for good. The first steps only have to be finite,
 * for there is nothing to compare them with. Ordinary trainings never come near the bound, so that
 * they are the same with and without a guard.
 *
 * <p>Not thread-safe.
 */
final class StepGuard {
  /** How many times the largest value seen is too large. */
  static final double FACTOR = 100;

  /** Steps after which the largest value seen means something. */
  static final int FIRST_STEPS = 20;

  /** Refusals in a row after which the weights, not the steps, must be broken. */
  static final int MOST_IN_A_ROW = 10;

  private double largestLoss;
  private double largestNorm;
  private int taken;
  private int refused;
  private int inRow;

  /**
   * Returns whether to take the step.
   *
   * @param loss of the step
   * @param norm Euclidean norm of the whole gradient
   * @throws IllegalStateException if too many steps in a row are refused
   */
  boolean accepts(double loss, double norm) {
    boolean finite = Double.isFinite(loss) && Double.isFinite(norm);
    boolean usual =
        taken < FIRST_STEPS
            || (Math.abs(loss) <= FACTOR * largestLoss && norm <= FACTOR * largestNorm);
    if (finite && usual) {
      taken++;
      inRow = 0;
      largestLoss = Math.max(largestLoss, Math.abs(loss));
      largestNorm = Math.max(largestNorm, norm);
      return true;
    }
    refused++;
    inRow++;
    if (inRow >= MOST_IN_A_ROW) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "training diverged: %d steps in a row had no usable gradient (loss %s, norm %s); run"
                  + " it again",
              inRow,
              loss,
              norm));
    }
    return false;
  }

  /** Returns the number of steps refused so far. */
  int refused() {
    return refused;
  }
}

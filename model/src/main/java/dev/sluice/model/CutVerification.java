package dev.sluice.model;

import java.util.List;

/**
 * How far the network's answers move when it is cut, and when it stops at its exits.
 *
 * @param inputs inputs compared
 * @param cuts one per interior cut, in order, of the final exit's logits
 * @param exits one per early exit, in order, against its head run by itself behind the uncut
 *     network
 * @param withAllExits all exits active in one chain, each against what it gives alone; the worst
 */
public record CutVerification(
    int inputs, List<Deviation> cuts, List<ExitDeviation> exits, Deviation withAllExits) {
  /** Largest deviation that another order of float32 sums explains. */
  public static final double TOLERANCE = 1e-4;

  public CutVerification {
    cuts = List.copyOf(cuts);
    exits = List.copyOf(exits);
  }

  /**
   * A deviation.
   *
   * @param cut where the network was cut; the last cut if not at a single place
   * @param relative largest difference of a logit over the largest uncut logit, over all inputs
   * @param answersChanged inputs whose predicted class differs
   */
  public record Deviation(int cut, double relative, int answersChanged) {}

  /**
   * A deviation of an early exit.
   *
   * @param exit its number
   * @param cut where it sits
   * @param relative largest difference of a logit over the largest expected one, over all inputs
   * @param answersChanged inputs whose predicted class differs
   */
  public record ExitDeviation(int exit, int cut, double relative, int answersChanged) {}

  /** Returns whether every deviation is within {@link #TOLERANCE}. */
  public boolean holds() {
    return withAllExits.relative() <= TOLERANCE
        && cuts.stream().allMatch(deviation -> deviation.relative() <= TOLERANCE)
        && exits.stream().allMatch(deviation -> deviation.relative() <= TOLERANCE);
  }
}

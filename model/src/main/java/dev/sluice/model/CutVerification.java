package dev.sluice.model;

import java.util.List;

/**
 * How far the network's answers move when it is cut.
 *
 * @param inputs inputs compared
 * @param cuts one per interior cut, in order
 * @param withAllExits all exits active in one chain, against the uncut output
 */
public record CutVerification(int inputs, List<Deviation> cuts, Deviation withAllExits) {
  /** Largest deviation that another order of float32 sums explains. */
  public static final double TOLERANCE = 1e-4;

  public CutVerification {
    cuts = List.copyOf(cuts);
  }

  /**
   * A deviation.
   *
   * @param cut where the network was cut; the last cut if not at a single place
   * @param relative largest difference of a logit over the largest uncut logit, over all inputs
   * @param answersChanged inputs whose predicted class differs
   */
  public record Deviation(int cut, double relative, int answersChanged) {}

  /** Returns whether every deviation is within {@link #TOLERANCE}. */
  public boolean holds() {
    return withAllExits.relative() <= TOLERANCE
        && cuts.stream().allMatch(deviation -> deviation.relative() <= TOLERANCE);
  }
}

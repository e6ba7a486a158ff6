package dev.sluice.model.verify;

import dev.sluice.model.graph.CutPoint;
import java.util.List;

/**
 * How far a network's outputs move when it is cut.
 *
 * @param samples samples compared, one by one and, where the batch is dynamic, as one batch too
 * @param batched whether they were also run as one batch
 * @param cuts one per cut, in order
 */
public record NetworkVerification(int samples, boolean batched, List<Difference> cuts) {
  /** Largest difference that another order of float32 sums explains. */
  public static final double TOLERANCE = 1e-4;

  public NetworkVerification {
    cuts = List.copyOf(cuts);
  }

  /**
   * A difference.
   *
   * @param cut where the network was cut
   * @param relative largest difference of a value over the largest uncut value of the same output;
   *     infinite where a number became none or a shape changed
   */
  public record Difference(CutPoint cut, double relative) {}

  /** Returns the largest difference of all cuts. */
  public double worst() {
    return cuts.stream().mapToDouble(Difference::relative).max().orElse(0);
  }

  /** Returns whether every difference is within {@link #TOLERANCE}. */
  public boolean holds() {
    return worst() <= TOLERANCE;
  }
}

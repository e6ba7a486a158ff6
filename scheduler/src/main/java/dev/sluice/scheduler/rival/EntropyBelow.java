package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.predict.ExitCriterion;

/**
 * Stops at an exit whose entropy is below its threshold. Immutable.
 *
 * <p>Teerapittayanon, McDanel and Kung, "BranchyNet", ICPR 2016, section III.
 */
final class EntropyBelow implements ExitCriterion {
  private final double[] nats;

  /**
   * Sets the thresholds.
   *
   * @param nats by exit, without the final one, at least 0; at 0 an exit never stops; copied
   */
  EntropyBelow(double[] nats) {
    this.nats = nats.clone();
    for (double threshold : nats) {
      if (!(threshold >= 0)) {
        throw new IllegalArgumentException("a threshold must be at least 0: " + threshold);
      }
    }
  }

  @Override
  public boolean active(int exit) {
    return nats[exit] > 0;
  }

  @Override
  public boolean stops(
      int exit, int predicted, double confidence, double margin, double entropyNats, int same) {
    return entropyNats < nats[exit];
  }
}

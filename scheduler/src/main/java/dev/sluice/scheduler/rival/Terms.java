package dev.sluice.scheduler.rival;

/**
 * On what terms a rival competes. Immutable.
 *
 * @param coding what it may send with
 * @param timing where it has the network's times from
 */
public record Terms(Coding coding, Timing timing) {
  private static final double MOST_LOSS = 0.01;

  /** Returns those of the papers on splitting: raw tensors and pictures, times by regression. */
  public static Terms asPublished() {
    return new Terms(Coding.uncompressed(), Timing.REGRESSION);
  }

  /**
   * Returns those of Sluice: every codec of the bundle that loses at most a point, measured times.
   */
  public static Terms asSluice() {
    return new Terms(new Coding.Within(MOST_LOSS), Timing.MEASURED);
  }
}

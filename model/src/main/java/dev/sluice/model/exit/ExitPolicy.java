package dev.sluice.model.exit;

/** Decides at an exit whether its answer is good enough to stop. Immutable. */
public sealed interface ExitPolicy {
  /** Returns whether to stop with these scores. */
  boolean exits(ExitScores scores);

  /**
   * Stops when the calibrated probability of the predicted class reaches a threshold.
   *
   * <p>Laskaridis, Venieris, Almeida, Leontiadis and Lane, "SPINN: Synergistic Progressive
   * Inference of Neural Networks over Device and Cloud", MobiCom 2020, section 4.2; there one
   * threshold for all exits, here one per exit.
   *
   * @param threshold not negative; 0 always stops, more than 1 never does
   */
  record Top1Above(double threshold) implements ExitPolicy {
    public Top1Above {
      if (!(threshold >= 0)) {
        throw new IllegalArgumentException("threshold must not be negative: " + threshold);
      }
    }

    @Override
    public boolean exits(ExitScores scores) {
      return scores.confidence() >= threshold;
    }
  }

  /** Goes on whatever the scores: the exit is only looked at. */
  record Never() implements ExitPolicy {
    @Override
    public boolean exits(ExitScores scores) {
      return false;
    }
  }

  /** Stops whatever the scores: the last exit in reach. */
  record Always() implements ExitPolicy {
    @Override
    public boolean exits(ExitScores scores) {
      return true;
    }
  }
}

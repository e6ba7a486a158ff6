package dev.sluice.model.exit;

/**
 * What a policy remembers of one sample from exit to exit; it travels with a sample that is
 * finished elsewhere. Immutable.
 *
 * @param predicted class that the last active exit predicted; -1 before the first
 * @param unchanged how many times in a row an active exit has predicted what the one before it did,
 *     in {@code [0, 255]}; counting ends there
 */
public record ExitState(int predicted, int unchanged) {
  /** Before the first exit. */
  public static final ExitState NONE = new ExitState(-1, 0);

  static final int MOST = 255;

  public ExitState {
    if (predicted < -1) {
      throw new IllegalArgumentException("no class: " + predicted);
    }
    if (unchanged < 0 || unchanged > MOST || (predicted < 0 && unchanged > 0)) {
      throw new IllegalArgumentException(
          "unchanged " + unchanged + " times at predicted class " + predicted);
    }
  }

  /** Returns the state after a further active exit. */
  public ExitState after(int prediction) {
    return prediction == predicted
        ? new ExitState(prediction, Math.min(MOST, unchanged + 1))
        : new ExitState(prediction, 0);
  }
}

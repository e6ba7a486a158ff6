package dev.sluice.protocol.message;

/**
 * What earlier exits of the same sample said, for rules that remember it.
 *
 * @param predicted class that the last active exit on the device predicted, at most 2^24; -1 where
 *     there was none
 * @param unchanged how many times in a row an exit has predicted what the one before it did, in
 *     {@code [0, 255]}
 */
public record ExitProgress(int predicted, int unchanged) {
  /** No exit was active yet. */
  public static final ExitProgress NONE = new ExitProgress(-1, 0);

  private static final int MAX_CLASS = 1 << 24;

  public ExitProgress {
    if (predicted < -1 || predicted > MAX_CLASS) {
      throw new IllegalArgumentException("predicted not in [-1, 2^24]: " + predicted);
    }
    if (unchanged < 0 || unchanged > 255 || (predicted < 0 && unchanged > 0)) {
      throw new IllegalArgumentException("unchanged " + unchanged + " times at class " + predicted);
    }
  }
}

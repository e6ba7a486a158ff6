package dev.sluice.experiments.study.replay;

import java.util.SplittableRandom;

/** Draws frames from a table. */
public final class Rows {
  private Rows() {}

  /**
   * Returns rows in random order, without repetition as long as there are enough of them.
   *
   * @param samples rows of the table, at least 1
   * @param frames how many are drawn
   */
  public static int[] drawn(int samples, int frames, SplittableRandom random) {
    int[] order = new int[samples];
    int[] rows = new int[frames];
    for (int i = 0; i < frames; i++) {
      int at = i % samples;
      if (at == 0) {
        for (int row = 0; row < samples; row++) {
          int other = random.nextInt(row + 1);
          order[row] = order[other];
          order[other] = row;
        }
      }
      rows[i] = order[at];
    }
    return rows;
  }
}

package dev.sluice.experiments.study.replay;

import java.util.SplittableRandom;

/** Draws frames from a table. */
public final class Rows {
  private Rows() {}

  /**
   * Returns the rows of one of several streams over the same table, each a warm-up and blocks. The
   * blocks of all streams, in the order of the streams, hold the table's rows in one random order,
   * block by block, and begin anew when all whole blocks of the table were used: block {@code i} of
   * all has the very rows of block {@code i} modulo {@code samples / blockFrames}, and no row of
   * any other. The warm-up, and what follows the last block, take what they find at the order's
   * end.
   *
   * @param samples rows of the table, at least {@code blockFrames}
   * @param frames of a stream
   * @param warmUpFrames at its beginning, fewer than all
   * @param blockFrames in a block, at least 1
   * @param blocks whole blocks in a stream
   * @param stream number of the stream, at least 0
   * @param seed of the order
   */
  public static int[] inBlocks(
      int samples,
      int frames,
      int warmUpFrames,
      int blockFrames,
      int blocks,
      int stream,
      long seed) {
    int[] order = drawn(samples, samples, new SplittableRandom(seed));
    int different = samples / blockFrames;
    int[] rows = new int[frames];
    for (int frame = 0; frame < frames; frame++) {
      int counted = frame - warmUpFrames;
      if (counted < 0 || counted >= blocks * blockFrames) {
        rows[frame] = order[Math.floorMod(-1 - frame, samples)];
      } else {
        int block = (int) (((long) stream * blocks + counted / blockFrames) % different);
        rows[frame] = order[block * blockFrames + counted % blockFrames];
      }
    }
    return rows;
  }

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

package dev.sluice.protocol.codec;

/**
 * The discrete cosine transform of many blocks of 8×8 samples side by side, in whole numbers.
 *
 * <p>Loeffler, Ligtenberg and Moschytz, "Practical Fast 1-D DCT Algorithms with 11
 * Multiplications", ICASSP 1989: even frequencies by their butterflies, odd ones by the product
 * with the matrix that their graph stands for. Its entries are sums of the graph's constants, each
 * rounded to 13 bits; rows come first and keep two bits behind the point. So results are to the bit
 * those of the Independent JPEG Group's slow integer transform, which other encoders have by
 * default and which does the graph step by step.
 *
 * <p>Not thread-safe.
 */
final class ForwardDct {
  /*
   * A lane holds one of the eight values of each line, so that every loop runs over neighbouring
   * lines and the compiler makes vector instructions of it. It does so only where each array is a
   * variable of its own and few are in one loop, hence the short loops. The first pass has rows
   * as lines: lane x, at y * blocks + block. The second has columns: lane y, at x * blocks + block.
   */

  /** Samples on a side of a block. */
  static final int SIDE = 8;

  /** Samples of a block. */
  static final int SAMPLES = SIDE * SIDE;

  private static final int CONSTANT_BITS = 13;
  private static final int ROW_BITS = 2;
  private static final int ODD_LANES = 4;

  private static final int[] SECOND = {fixed(c(2) - c(6)) + fixed(c(6)), fixed(c(6))};
  private static final int[] SIXTH = {fixed(c(6)), fixed(c(6)) - fixed(c(2) + c(6))};

  /**
   * Rows: frequencies 1, 3, 5, 7. Columns: differences of the outermost samples to the innermost.
   */
  private static final int[][] ODD = oddMatrix();

  /** The places of a block, counted row by row, by rising frequency (T.81, figure A.6). */
  private static final int[] ZIGZAG = zigzag();

  /** Of each place, how many frequencies come before it. */
  private static final int[] RANKS = ranks();

  private final int blocks;
  private int[][] rows;
  private int[][] columns;
  private int[][] spare;

  /**
   * Makes room.
   *
   * @param blocks transformed at once, at least 1
   */
  ForwardDct(int blocks) {
    this.blocks = blocks;
    int lines = Math.multiplyExact(SIDE, blocks);
    this.rows = new int[SIDE][lines];
    this.columns = new int[SIDE][lines];
    this.spare = new int[ODD_LANES][lines];
  }

  /** Returns √2 cos(kπ/16). */
  private static double c(int k) {
    return StrictMath.sqrt(2) * StrictMath.cos(k * StrictMath.PI / 16);
  }

  private static int fixed(double constant) {
    return (int) Math.round(constant * (1 << CONSTANT_BITS));
  }

  private static int[][] oddMatrix() {
    int all = fixed(c(3));
    int outer = all - fixed(c(3) - c(7));
    int inner = all - fixed(c(1) + c(3));
    int odd = all - fixed(c(3) + c(5));
    int even = all - fixed(c(3) - c(5));
    return new int[][] {
      {fixed(c(1) + c(3) - c(5) - c(7)) + outer + even - all, all, even, outer},
      {all, fixed(c(1) + c(3) + c(5) - c(7)) + inner + odd - all, inner, odd},
      {even, inner, fixed(c(1) + c(3) - c(5) + c(7)) + inner + even - all, all},
      {outer, odd, all, fixed(c(3) + c(5) - c(1) - c(7)) + outer + odd - all}
    };
  }

  private static int[] zigzag() {
    int[] places = new int[SAMPLES];
    int next = 0;
    for (int diagonal = 0; diagonal < 2 * SIDE - 1; diagonal++) {
      int least = Math.max(0, diagonal - SIDE + 1);
      int most = Math.min(diagonal, SIDE - 1);
      for (int i = least; i <= most; i++) {
        int y = diagonal % 2 == 0 ? least + most - i : i;
        places[next++] = y * SIDE + diagonal - y;
      }
    }
    return places;
  }

  private static int[] ranks() {
    int[] ranks = new int[SAMPLES];
    for (int k = 0; k < SAMPLES; k++) {
      ranks[ZIGZAG[k]] = k;
    }
    return ranks;
  }

  /** Returns the place, counted row by row, of the k-th coefficient by rising frequency. */
  static int place(int k) {
    return ZIGZAG[k];
  }

  /**
   * Sets a row of samples of neighbouring blocks.
   *
   * @param samples of which the first 8 of each block are taken, each in [-128, 127]
   * @param y the row within the blocks, in [0, 8)
   * @param first the first block
   * @param count how many blocks
   */
  void put(int[] samples, int y, int first, int count) {
    int[] x0 = rows[0];
    int[] x1 = rows[1];
    int[] x2 = rows[2];
    int[] x3 = rows[3];
    int[] x4 = rows[4];
    int[] x5 = rows[5];
    int[] x6 = rows[6];
    int[] x7 = rows[7];
    int to = y * blocks + first;
    for (int i = 0; i < count; i++) {
      int from = SIDE * i;
      x0[to + i] = samples[from];
      x1[to + i] = samples[from + 1];
      x2[to + i] = samples[from + 2];
      x3[to + i] = samples[from + 3];
      x4[to + i] = samples[from + 4];
      x5[to + i] = samples[from + 5];
      x6[to + i] = samples[from + 6];
      x7[to + i] = samples[from + 7];
    }
  }

  /** Transforms all blocks; {@link #put} starts anew. */
  void transform() {
    rows = lines(rows, CONSTANT_BITS - ROW_BITS);
    for (int x = 0; x < SIDE; x++) {
      for (int y = 0; y < SIDE; y++) {
        System.arraycopy(rows[x], y * blocks, columns[y], x * blocks, blocks);
      }
    }
    columns = lines(columns, CONSTANT_BITS + ROW_BITS);
  }

  /**
   * Returns a block's coefficients.
   *
   * @param coefficients filled by rising frequency, eight times too large, each in [-8200, 8200]
   */
  void take(int block, int[] coefficients) {
    for (int y = 0; y < SIDE; y++) {
      int[] lane = columns[y];
      for (int x = 0; x < SIDE; x++) {
        coefficients[RANKS[SIDE * y + x]] = lane[x * blocks + block];
      }
    }
  }

  /** Transforms eight lanes of samples to eight of frequencies, in the same or other arrays. */
  private int[][] lines(int[][] in, int shift) {
    for (int i = 0; i < SIDE / 2; i++) {
      butterfly(in[i], in[SIDE - 1 - i]);
    }
    int[][] odd = spare;
    for (int i = 0; i < ODD_LANES; i++) {
      product(ODD[i], in[7], in[6], in[5], in[4], odd[i], shift);
    }
    spare = new int[][] {in[4], in[5], in[6], in[7]};
    butterfly(in[0], in[3]);
    butterfly(in[1], in[2]);
    sumAndDifference(in[0], in[1], shift);
    turn(in[3], in[2], shift);
    return new int[][] {in[0], odd[0], in[3], odd[1], in[1], odd[2], in[2], odd[3]};
  }

  private static void butterfly(int[] sums, int[] differences) {
    for (int i = 0; i < sums.length; i++) {
      int a = sums[i];
      int b = differences[i];
      sums[i] = a + b;
      differences[i] = a - b;
    }
  }

  private static void sumAndDifference(int[] sums, int[] differences, int shift) {
    int half = 1 << (shift - 1);
    for (int i = 0; i < sums.length; i++) {
      int a = sums[i];
      int b = differences[i];
      sums[i] = (((a + b) << CONSTANT_BITS) + half) >> shift;
      differences[i] = (((a - b) << CONSTANT_BITS) + half) >> shift;
    }
  }

  private static void turn(int[] outer, int[] inner, int shift) {
    int half = 1 << (shift - 1);
    int outerSecond = SECOND[0];
    int innerSecond = SECOND[1];
    int outerSixth = SIXTH[0];
    int innerSixth = SIXTH[1];
    for (int i = 0; i < outer.length; i++) {
      int a = outer[i];
      int b = inner[i];
      outer[i] = (a * outerSecond + b * innerSecond + half) >> shift;
      inner[i] = (a * outerSixth + b * innerSixth + half) >> shift;
    }
  }

  private static void product(
      int[] factors, int[] d0, int[] d1, int[] d2, int[] d3, int[] out, int shift) {
    int half = 1 << (shift - 1);
    int f0 = factors[0];
    int f1 = factors[1];
    int f2 = factors[2];
    int f3 = factors[3];
    for (int i = 0; i < out.length; i++) {
      out[i] = (d0[i] * f0 + d1[i] * f1 + d2[i] * f2 + d3[i] * f3 + half) >> shift;
    }
  }
}

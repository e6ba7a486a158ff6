package dev.sluice.training.quantise;

/**
 * The 256 values that a tensor of unsigned bytes stands for: {@code (q - zeroPoint) * scale}. Zero
 * is always among them, so that padding and ReLU stay exact.
 *
 * @param scale distance of neighbours, positive and finite
 * @param zeroPoint the byte that means zero, in [0, 255]
 */
public record Grid(float scale, int zeroPoint) {
  private static final int MOST = 255;

  public Grid {
    if (!(scale > 0) || Float.isInfinite(scale) || zeroPoint < 0 || zeroPoint > MOST) {
      throw new IllegalArgumentException("no grid: scale " + scale + ", zero at " + zeroPoint);
    }
  }

  /**
   * Returns the grid over an interval, widened to hold zero.
   *
   * @throws IllegalArgumentException if a bound is not finite
   */
  public static Grid over(double least, double most) {
    double from = Math.min(0, least);
    double to = Math.max(0, most);
    if (!Double.isFinite(from) || !Double.isFinite(to) || least > most) {
      throw new IllegalArgumentException("no interval: [" + least + ", " + most + "]");
    }
    float scale = (float) ((to - from) / MOST);
    if (!(scale >= Float.MIN_NORMAL)) {
      return new Grid(1, 0);
    }
    return new Grid(scale, (int) Math.max(0, Math.min(MOST, Math.rint(-from / scale))));
  }

  /** Returns the byte nearest to a value, ties to even, saturating; in [0, 255]. */
  public int quantise(float value) {
    return Math.max(0, Math.min(MOST, (int) Math.rint(value / scale) + zeroPoint));
  }

  /** Returns what a byte stands for. */
  public float value(int quantised) {
    return (quantised - zeroPoint) * scale;
  }

  /** Returns the least value it holds. */
  public float least() {
    return value(0);
  }

  /** Returns the greatest value it holds. */
  public float most() {
    return value(MOST);
  }
}

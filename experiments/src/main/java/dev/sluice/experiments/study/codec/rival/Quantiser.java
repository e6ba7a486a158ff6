package dev.sluice.experiments.study.codec.rival;

import java.util.Arrays;

/**
 * Few levels over a clipping range, and which of them a value becomes. The decision is looked up in
 * a table of fine cells, each decided for its middle. Immutable.
 */
final class Quantiser {
  private static final int MOST_ROUNDS = 100;
  private static final double CONVERGED = 1e-9;

  private final ClippingRange range;
  private final float[] values;
  private final byte[] levelOfCell;

  private Quantiser(ClippingRange range, double[] values, double[] penalties) {
    this.range = range;
    this.values = new float[values.length];
    for (int level = 0; level < values.length; level++) {
      this.values[level] = (float) values[level];
    }
    levelOfCell = new byte[LevelHistogram.CELLS];
    double width = (range.high() - range.low()) / LevelHistogram.CELLS;
    for (int cell = 0; cell < levelOfCell.length; cell++) {
      levelOfCell[cell] = (byte) nearest(range.low() + (cell + 0.5) * width, values, penalties);
    }
  }

  /**
   * Returns levels at equal distances, the first and the last at the range's ends.
   *
   * @param levels in {@code [2, 64]}
   */
  static Quantiser uniform(ClippingRange range, int levels) {
    return new Quantiser(range, equidistant(range, levels), new double[levels]);
  }

  private static double[] equidistant(ClippingRange range, int levels) {
    if (levels < 2 || levels > 64) {
      throw new IllegalArgumentException("levels not in [2, 64]: " + levels);
    }
    double[] values = new double[levels];
    for (int level = 0; level < levels; level++) {
      values[level] = range.low() + (range.high() - range.low()) * level / (levels - 1);
    }
    return values;
  }

  /**
   * Designs levels by alternating decisions and means as Chou, Lookabaugh and Gray
   * ("Entropy-constrained vector quantization", IEEE Trans. ASSP 37, 1989), with the first and the
   * last level pinned to the range's ends: the papers' modification, without which the outer levels
   * move inwards and the range shrinks.
   *
   * @param histogram of calibration samples
   * @param exchange squared error that a bit is worth, as a share of the squared distance of
   *     uniform levels; not negative
   */
  static Quantiser entropyConstrained(
      LevelHistogram histogram, ClippingRange range, int levels, double exchange) {
    double[] values = equidistant(range, levels);
    double distance = values[1] - values[0];
    double lambda = exchange * distance * distance;
    double[] penalties = new double[levels];
    double last = Double.POSITIVE_INFINITY;
    for (int round = 0; round < MOST_ROUNDS; round++) {
      double[] sums = new double[levels];
      double[] weights = new double[levels];
      double cost = 0;
      for (int cell = 0; cell < LevelHistogram.CELLS; cell++) {
        long count = histogram.count(cell);
        if (count == 0) {
          continue;
        }
        double value = Math.max(range.low(), Math.min(range.high(), histogram.value(cell)));
        int level = nearest(value, values, penalties);
        sums[level] += count * value;
        weights[level] += count;
        double difference = value - values[level];
        cost += count * (difference * difference + penalties[level]);
      }
      cost /= histogram.values();
      for (int level = 0; level < levels; level++) {
        // An empty level keeps its place at the price of a single value's.
        double share = Math.max(1, weights[level]) / histogram.values();
        penalties[level] = -lambda * Math.log(share) / Math.log(2);
        if (level > 0 && level < levels - 1 && weights[level] > 0) {
          values[level] = sums[level] / weights[level];
        }
      }
      if (Math.abs(last - cost) <= CONVERGED * Math.abs(cost)) {
        break;
      }
      last = cost;
    }
    return new Quantiser(range, values, penalties);
  }

  private static int nearest(double value, double[] values, double[] penalties) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int level = 0; level < values.length; level++) {
      double difference = value - values[level];
      double cost = difference * difference + penalties[level];
      if (cost < least) {
        least = cost;
        best = level;
      }
    }
    return best;
  }

  int levels() {
    return values.length;
  }

  float value(int level) {
    return values[level];
  }

  /** Returns the level of a value, clipped; NaN becomes the lowest. */
  int level(float value) {
    double place = (value - range.low()) / (range.high() - range.low()) * levelOfCell.length;
    return levelOfCell[(int) Math.max(0, Math.min(levelOfCell.length - 1, place))];
  }

  /** Returns the share of calibration values that take each level. */
  double[] shares(LevelHistogram histogram) {
    double[] shares = new double[levels()];
    for (int cell = 0; cell < LevelHistogram.CELLS; cell++) {
      shares[level((float) histogram.value(cell))] += histogram.count(cell);
    }
    double all = histogram.values();
    return Arrays.stream(shares).map(share -> share / all).toArray();
  }

  /** Returns the mean squared error on calibration values, clipping included. */
  double squaredError(LevelHistogram histogram) {
    double sum = 0;
    for (int cell = 0; cell < LevelHistogram.CELLS; cell++) {
      double value = histogram.value(cell);
      double difference = value - value(level((float) value));
      sum += histogram.count(cell) * difference * difference;
    }
    return sum / histogram.values();
  }
}

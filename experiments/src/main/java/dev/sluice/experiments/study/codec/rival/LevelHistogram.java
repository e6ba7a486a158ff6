package dev.sluice.experiments.study.codec.rival;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * What the values of a tensor are over calibration samples: their moments, and how many fall into
 * each of many equal cells between the least and the largest. Immutable.
 */
final class LevelHistogram {
  static final int CELLS = 4096;

  private final double least;
  private final double largest;
  private final double mean;
  private final double meanSquare;
  private final long[] counts = new long[CELLS];

  /**
   * Counts values.
   *
   * @param samples finite values, at least one in all
   */
  LevelHistogram(List<FloatBuffer> samples) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double squares = 0;
    long values = 0;
    for (FloatBuffer sample : samples) {
      for (int i = sample.position(); i < sample.limit(); i++) {
        double value = sample.get(i);
        low = Math.min(low, value);
        high = Math.max(high, value);
        sum += value;
        squares += value * value;
        values++;
      }
    }
    if (values == 0 || !(high >= low)) {
      throw new IllegalArgumentException("no finite values");
    }
    least = low;
    largest = high;
    mean = sum / values;
    meanSquare = squares / values;
    double scale = high > low ? CELLS / (high - low) : 0;
    for (FloatBuffer sample : samples) {
      for (int i = sample.position(); i < sample.limit(); i++) {
        counts[(int) Math.min(CELLS - 1, (sample.get(i) - low) * scale)]++;
      }
    }
  }

  double least() {
    return least;
  }

  double largest() {
    return largest;
  }

  double mean() {
    return mean;
  }

  double meanSquare() {
    return meanSquare;
  }

  long count(int cell) {
    return counts[cell];
  }

  long values() {
    return Arrays.stream(counts).sum();
  }

  /**
   * Returns the middle of a cell; of the first cell its lower end, where the zeros of a ReLU are.
   */
  double value(int cell) {
    return cell == 0 ? least : least + (cell + 0.5) * (largest - least) / CELLS;
  }
}

package dev.sluice.experiments.report;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A value with its interval of confidence.
 *
 * @param value the estimate
 * @param low lower end, 95 %
 * @param high upper end, 95 %
 */
public record Interval(double value, double low, double high) {
  private static final double NORMAL_QUANTILE_975 = 1.959964;

  /**
   * Ratio of the medians of two paired series, with a percentile bootstrap over pairs.
   *
   * @param numerators positive durations, at least one
   * @param denominators as many, measured alternately with the first
   * @param resamples bootstrap repeats, at least 1
   * @param seed of the resampling
   */
  public static Interval ofMedianRatio(
      double[] numerators, double[] denominators, int resamples, long seed) {
    int n = numerators.length;
    if (n == 0 || n != denominators.length || resamples < 1) {
      throw new IllegalArgumentException(
          "need pairs and resamples: %d, %d, %d".formatted(n, denominators.length, resamples));
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] ratios = new double[resamples];
    double[] above = new double[n];
    double[] below = new double[n];
    for (int r = 0; r < resamples; r++) {
      for (int i = 0; i < n; i++) {
        int pick = random.nextInt(n);
        above[i] = numerators[pick];
        below[i] = denominators[pick];
      }
      ratios[r] = median(above) / median(below);
    }
    Arrays.sort(ratios);
    return new Interval(
        median(numerators) / median(denominators),
        ratios[(int) (0.025 * (resamples - 1))],
        ratios[(int) Math.ceil(0.975 * (resamples - 1))]);
  }

  /**
   * Median of a series, with a percentile bootstrap.
   *
   * @param values at least one
   * @param resamples bootstrap repeats, at least 1
   * @param seed of the resampling
   */
  public static Interval ofMedian(double[] values, int resamples, long seed) {
    double[] ones = new double[values.length];
    Arrays.fill(ones, 1);
    return ofMedianRatio(values, ones, resamples, seed);
  }

  /**
   * Difference of two accuracies on the same independent samples, in points, with the Wald interval
   * for paired proportions.
   *
   * @param onlyFirst samples that only the first gets right
   * @param onlySecond samples that only the second gets right
   * @param samples all samples, positive
   */
  public static Interval ofPairedAccuracy(int onlyFirst, int onlySecond, int samples) {
    if (samples <= 0 || onlyFirst < 0 || onlySecond < 0 || onlyFirst + onlySecond > samples) {
      throw new IllegalArgumentException(
          "not a paired table: %d, %d of %d".formatted(onlyFirst, onlySecond, samples));
    }
    double difference = (double) (onlyFirst - onlySecond) / samples;
    double discordant = (double) (onlyFirst + onlySecond) / samples;
    double error = Math.sqrt(Math.max(0, discordant - difference * difference) / samples);
    return new Interval(
        100 * difference,
        100 * (difference - NORMAL_QUANTILE_975 * error),
        100 * (difference + NORMAL_QUANTILE_975 * error));
  }

  /** The median; of an even number of values the mean of the middle two. Does not reorder. */
  public static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}

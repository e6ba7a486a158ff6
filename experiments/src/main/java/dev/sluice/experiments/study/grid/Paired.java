package dev.sluice.experiments.study.grid;

import dev.sluice.experiments.report.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.StatUtils;

/**
 * Intervals of confidence of paired comparisons. Block {@code i} of one strategy holds the same
 * frames, captured at the same times where they do not wait for answers, as block {@code i} of the
 * other. Groups of blocks that share no picture are resampled ({@link Series#groups}).
 */
public final class Paired {
  private static final int RESAMPLES = 1000;
  private static final double UPPER = 0.975;

  private Paired() {}

  /**
   * Mean of independent values with Student's interval.
   *
   * @param values at least one; of one the interval is the value
   */
  public static Interval mean(double[] values) {
    double mean = StatUtils.mean(values);
    if (values.length < 2) {
      return new Interval(mean, mean, mean);
    }
    double error =
        new TDistribution(values.length - 1.0).inverseCumulativeProbability(UPPER)
            * Math.sqrt(StatUtils.variance(values) / values.length);
    return new Interval(mean, mean - error, mean + error);
  }

  /**
   * A figure of one strategy over that of another, with a percentile bootstrap over pairs of groups
   * (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13). The percentiles
   * are expanded, so that few groups do not make it too narrow: where Student's interval is wider
   * than the normal one, so is this (Hesterberg, "What Teachers Should Know About the Bootstrap",
   * The American Statistician 69, 2015, section 4.3).
   *
   * @param seed of the resampling
   * @throws IllegalArgumentException if they have not the same blocks
   */
  public static Interval ratio(Measure measure, Series above, Series below, long seed) {
    return geometricMean(measure, List.of(new Pair(above, below)), seed);
  }

  /**
   * Two strategies at one point.
   *
   * @param above whose figure is divided
   * @param below by whose
   */
  public record Pair(Series above, Series below) {
    public Pair {
      if (above.blocks().size() != below.blocks().size()) {
        throw new IllegalArgumentException(
            "not the same blocks: " + above.strategy() + ", " + below.strategy());
      }
    }
  }

  /**
   * Geometric mean of ratios over points, with the same bootstrap. Groups of one number hold the
   * same frames at every point of a bundle, so they are drawn together.
   *
   * @param pairs at least one, all of as many blocks
   */
  public static Interval geometricMean(Measure measure, List<Pair> pairs, long seed) {
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException("no pairs");
    }
    List<Sums> sums = new ArrayList<>();
    for (Pair pair : pairs) {
      sums.add(Sums.of(measure, pair.above().groups()));
      sums.add(Sums.of(measure, pair.below().groups()));
    }
    int blocks = sums.get(0).above.length;
    int[] draw = new int[blocks];
    Arrays.setAll(draw, i -> i);
    double value = geometricMean(sums, draw);
    SplittableRandom random = new SplittableRandom(seed);
    double[] resampled = new double[RESAMPLES];
    for (int r = 0; r < RESAMPLES; r++) {
      for (int i = 0; i < blocks; i++) {
        draw[i] = random.nextInt(blocks);
      }
      resampled[r] = geometricMean(sums, draw);
    }
    Arrays.sort(resampled);
    double tail = tail(blocks);
    return new Interval(
        value,
        resampled[(int) (tail * (RESAMPLES - 1))],
        resampled[(int) Math.ceil((1 - tail) * (RESAMPLES - 1))]);
  }

  /** What is left of the resampled values on either side; 2.5 % of many groups, less of few. */
  private static double tail(int groups) {
    if (groups < 2) {
      return 1 - UPPER;
    }
    double wider =
        new TDistribution(groups - 1.0).inverseCumulativeProbability(UPPER)
            * Math.sqrt(groups / (groups - 1.0));
    return new NormalDistribution().cumulativeProbability(-wider);
  }

  private static double geometricMean(List<Sums> sums, int[] draw) {
    double logs = 0;
    for (int i = 0; i < sums.size(); i += 2) {
      logs += Math.log(sums.get(i).ratio(draw) / sums.get(i + 1).ratio(draw));
    }
    return Math.exp(2 * logs / sums.size());
  }

  /** By group, what is divided and by what. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Sums(double[] above, double[] below) {
    static Sums of(Measure measure, List<List<Block>> groups) {
      return new Sums(
          groups.stream().mapToDouble(g -> sum(g, measure::numerator)).toArray(),
          groups.stream().mapToDouble(g -> sum(g, measure::denominator)).toArray());
    }

    private static double sum(List<Block> group, ToDoubleFunction<Block> figure) {
      return group.stream().mapToDouble(figure).sum();
    }

    double ratio(int[] draw) {
      double numerator = 0;
      double denominator = 0;
      for (int i : draw) {
        numerator += above[i];
        denominator += below[i];
      }
      return numerator / denominator;
    }
  }
}

package dev.sluice.scheduler.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * Tests many one-sided hypotheses "the mean score is below its bound" on the same samples so that,
 * with 95 % confidence, none is rejected wrongly. Not thread-safe.
 */
final class StepDown {
  /*
   * Statistic. A score is 1 where a sample is won, -1 where it is lost, else 0. The standard error is
   * the one under the hypothesis (Tango, "Equivalence test and confidence interval for the difference
   * in proportions for the paired-sample design", Statistics in Medicine 17, 1998): a table without a
   * single loss proves no more than its size allows. Samples of a cluster are not independent: the
   * variance is multiplied by the design effect, the variance of cluster sums over that of
   * independent samples (Rao and Scott, "The analysis of categorical data from complex sample
   * surveys", JASA 76, 1981). Few losses estimate it badly, so it is never taken below the effect
   * pooled over all hypotheses, nor below 1.
   *
   * Critical value. The 95th percentile of the largest of the standardised sums when every cluster's
   * residual is multiplied by a standard normal number of its own, the same for all hypotheses:
   * that keeps their correlation (Chernozhukov, Chetverikov and Kato, "Gaussian approximations and
   * multiplier bootstrap for maxima of sums of high-dimensional random vectors", Annals of Statistics
   * 41, 2013). It is widened from the normal to Student's t with one degree of freedom less than there
   * are clusters. A hypothesis without any residual is held to be independent of all others.
   *
   * Step-down. What is rejected no longer takes part in the maximum, until nothing more is rejected
   * (Romano and Wolf, "Exact and approximate stepdown methods for multiple hypothesis testing", JASA
   * 100, 2005, algorithm 1): the critical value of fewer hypotheses is never larger.
   */

  private static final int DRAWS = 1000;

  /** More clusters than this are joined, neighbours first: enough for a variance, quick to draw. */
  private static final int MOST_BLOCKS = 2000;

  private static final long SEED = 0x5157_4f4c;
  private static final NormalDistribution NORMAL = new NormalDistribution(null, 0, 1);

  /** A bound that is missed is missed by at least this share. */
  static final double LEAST_GAP = 1e-6;

  private final int[] sizes;
  private final boolean dependent;
  private float[][] multipliers = new float[0][];

  /**
   * What is claimed of a mean score.
   *
   * @param won by cluster, samples of score 1
   * @param lost by cluster, samples of score -1
   * @param bound that the mean is to be proven to reach, in (-1, 1)
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Hypothesis(int[] won, int[] lost, double bound) {}

  /**
   * What was proven.
   *
   * @param reached by hypothesis, whether its bound is
   * @param gap by hypothesis, by how much it is missed by the critical value of all hypotheses
   *     together, so that all gaps hold at once as margins; at most 0 if it is reached, be it only
   *     by a later critical value
   * @param critical the last critical value, in standard errors
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Verdict(boolean[] reached, double[] gap, double critical) {}

  /**
   * Prepares tests on a table.
   *
   * @param clusters what is independent in it
   */
  StepDown(Clusters clusters) {
    sizes = clusters.sizes;
    dependent = clusters.dependent();
  }

  /** Tests on the whole table. */
  Verdict run(List<Hypothesis> hypotheses) {
    return run(hypotheses, IntStream.range(0, sizes.length).toArray());
  }

  /**
   * Tests on some clusters of the table.
   *
   * @param drawn their numbers; one that occurs twice counts twice
   */
  Verdict run(List<Hypothesis> hypotheses, int[] drawn) {
    if (hypotheses.isEmpty()) {
      return new Verdict(new boolean[0], new double[0], critical(0, drawn.length));
    }
    List<Statistic> statistics = new ArrayList<>();
    for (Hypothesis hypothesis : hypotheses) {
      statistics.add(new Statistic(hypothesis, drawn));
    }
    double pooled = pooledEffect(statistics);
    float[][] maxima = standardisedDraws(statistics, drawn);
    boolean[] reached = new boolean[statistics.size()];
    double quantile = quantileOfLargest(maxima, reached);
    double ofAll = critical(quantile, drawn.length);
    double critical = ofAll;
    boolean more = true;
    while (more && !Double.isNaN(quantile)) {
      critical = critical(quantile, drawn.length);
      more = false;
      for (int h = 0; h < reached.length; h++) {
        if (!reached[h] && statistics.get(h).ratio(pooled) >= critical) {
          reached[h] = true;
          more = true;
        }
      }
      quantile = more ? quantileOfLargest(maxima, reached) : quantile;
    }
    double[] gap = new double[reached.length];
    for (int h = 0; h < gap.length; h++) {
      double missed = statistics.get(h).missed(ofAll, pooled);
      gap[h] = reached[h] ? Math.min(0, missed) : Math.max(LEAST_GAP, missed);
    }
    return new Verdict(reached, gap, critical);
  }

  /**
   * Returns the variance of (won - lost) / n, times n, where its mean is just the bound: Tango's
   * restricted maximum-likelihood estimate.
   */
  static double restrictedVariance(int won, int lost, int n, double bound) {
    double a = 2.0 * n;
    double b = -won - lost + (2.0 * n - won + lost) * bound;
    double c = -lost * bound * (1 - bound);
    double losing = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a);
    return Math.max(0, 2 * losing + bound * (1 - bound));
  }

  private static double pooledEffect(List<Statistic> statistics) {
    double clustered = 0;
    double independent = 0;
    for (Statistic statistic : statistics) {
      clustered += statistic.clusteredVariance;
      independent += statistic.independentVariance;
    }
    return independent > 0 ? clustered / independent : 1;
  }

  /** Widens a quantile of the normal distribution to Student's t; never below that of one test. */
  private static double critical(double quantile, int clusters) {
    if (clusters < 2) {
      return Double.POSITIVE_INFINITY;
    }
    double one = NORMAL.inverseCumulativeProbability(Certificate.CONFIDENCE);
    double tail = NORMAL.cumulativeProbability(-Math.max(one, quantile));
    return -new TDistribution(null, clusters - 1.0).inverseCumulativeProbability(tail);
  }

  /** By hypothesis and draw: the standardised sum of residuals times random multipliers. */
  private float[][] standardisedDraws(List<Statistic> statistics, int[] drawn) {
    int blocks = blocks(drawn.length);
    float[] blockSizes = new float[blocks];
    for (int i = 0; i < drawn.length; i++) {
      blockSizes[block(i, drawn.length)] += sizes[drawn[i]];
    }
    float[][] xi = multipliers(blocks);
    float[] common = new float[DRAWS];
    for (int draw = 0; draw < DRAWS; draw++) {
      float sum = 0;
      for (int block = 0; block < blocks; block++) {
        sum += xi[draw][block] * blockSizes[block];
      }
      common[draw] = sum;
    }
    float[][] draws = new float[statistics.size()][DRAWS];
    for (int h = 0; h < draws.length; h++) {
      statistics.get(h).draw(xi, common, draws[h], h);
    }
    return draws;
  }

  private float[][] multipliers(int blocks) {
    if (multipliers.length == 0 || multipliers[0].length != blocks) {
      SplittableRandom random = new SplittableRandom(SEED);
      multipliers = new float[DRAWS][blocks];
      for (float[] row : multipliers) {
        for (int block = 0; block < blocks; block++) {
          row[block] = (float) random.nextGaussian();
        }
      }
    }
    return multipliers;
  }

  /** The 95th percentile of the largest among those not yet reached; NaN if there are none. */
  private static double quantileOfLargest(float[][] draws, boolean[] reached) {
    float[] largest = new float[DRAWS];
    Arrays.fill(largest, Float.NEGATIVE_INFINITY);
    boolean any = false;
    for (int h = 0; h < draws.length; h++) {
      if (!reached[h]) {
        any = true;
        for (int draw = 0; draw < DRAWS; draw++) {
          largest[draw] = Math.max(largest[draw], draws[h][draw]);
        }
      }
    }
    Arrays.sort(largest);
    return any ? largest[(int) Math.ceil(Certificate.CONFIDENCE * (DRAWS + 1)) - 1] : Double.NaN;
  }

  private static int blocks(int clusters) {
    return Math.min(MOST_BLOCKS, clusters);
  }

  private static int block(int place, int clusters) {
    return (int) ((long) place * blocks(clusters) / clusters);
  }

  /** A hypothesis on the clusters drawn. */
  private final class Statistic {
    private final double bound;
    private final int n;
    private final int won;
    private final int lost;
    private final double mean;

    /** Blocks whose scores do not sum to 0, and their sums. */
    private final int[] places;

    private final int[] sums;
    private final double squares;
    final double clusteredVariance;
    final double independentVariance;

    Statistic(Hypothesis hypothesis, int[] drawn) {
      int blocks = blocks(drawn.length);
      int[] blockSums = new int[blocks];
      int[] blockSizes = new int[blocks];
      int samples = 0;
      int wins = 0;
      int losses = 0;
      for (int i = 0; i < drawn.length; i++) {
        int cluster = drawn[i];
        int block = block(i, drawn.length);
        samples += sizes[cluster];
        wins += hypothesis.won[cluster];
        losses += hypothesis.lost[cluster];
        blockSums[block] += hypothesis.won[cluster] - hypothesis.lost[cluster];
        blockSizes[block] += sizes[cluster];
      }
      bound = hypothesis.bound;
      n = samples;
      won = wins;
      lost = losses;
      mean = (double) (won - lost) / n;
      places = IntStream.range(0, blocks).filter(block -> blockSums[block] != 0).toArray();
      sums = Arrays.stream(places).map(block -> blockSums[block]).toArray();
      double sum = 0;
      for (int block = 0; block < blocks; block++) {
        double residual = blockSums[block] - blockSizes[block] * mean;
        sum += residual * residual;
      }
      squares = sum;
      clusteredVariance = blocks < 2 ? 0 : squares * blocks / (blocks - 1.0) / n;
      independentVariance = (double) (won + lost) / n - mean * mean;
    }

    private double standardError(double pooled) {
      double effect = 1;
      if (dependent) {
        double own = independentVariance > 0 ? clusteredVariance / independentVariance : 1;
        effect = Math.max(1, Math.max(own, pooled));
      }
      return Math.sqrt(restrictedVariance(won, lost, n, bound) * effect / n);
    }

    /** Standard errors by which the mean exceeds the bound; NaN where nothing varies. */
    double ratio(double pooled) {
      return (mean - bound) / standardError(pooled);
    }

    double missed(double critical, double pooled) {
      return Double.isInfinite(critical)
          ? Math.max(LEAST_GAP, bound + 1)
          : bound - mean + critical * standardError(pooled);
    }

    void draw(float[][] xi, float[] common, float[] into, int number) {
      if (squares == 0) {
        SplittableRandom own = new SplittableRandom(SEED + 1 + number);
        for (int draw = 0; draw < DRAWS; draw++) {
          into[draw] = (float) own.nextGaussian();
        }
        return;
      }
      double scale = 1 / Math.sqrt(squares);
      for (int draw = 0; draw < DRAWS; draw++) {
        float[] row = xi[draw];
        double sum = -mean * common[draw];
        for (int i = 0; i < places.length; i++) {
          sum += row[places[i]] * sums[i];
        }
        into[draw] = (float) (sum * scale);
      }
    }
  }
}

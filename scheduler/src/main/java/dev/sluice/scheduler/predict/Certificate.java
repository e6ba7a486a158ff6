package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.profile.CalibrationTable;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * One-sided 95 % lower bounds of accuracy, and of accuracy minus the uncut network's on the same
 * samples, of one plan by itself. Immutable. What holds for many plans together is proven by {@link
 * FloorProof}.
 *
 * <p>The difference: Bonett and Price, "Adjusted Wald Confidence Interval for a Difference of
 * Binomial Proportions Based on Paired Data", Journal of Educational and Behavioral Statistics 37
 * (2012): one discordant pair of each kind is added, so that a table without any proves no more
 * than its size allows. The accuracy: Wilson's score bound. Where samples belong to sequences,
 * which are not independent within, the bound is also taken from the sums per sequence (ratio
 * estimator with Student's t), and the lower one counts.
 */
final class Certificate {
  static final double CONFIDENCE = 0.95;
  private static final double Z =
      new NormalDistribution(null, 0, 1).inverseCumulativeProbability(CONFIDENCE);

  private final CalibrationTable table;
  private final boolean[] finalRight;

  private final Clusters clusters;
  private final double studentT;

  /**
   * Bounds of one plan.
   *
   * @param accuracy lower bound of the accuracy
   * @param difference lower bound of accuracy minus the uncut network's
   * @param won samples that it has right and the uncut network wrong
   * @param lost samples that it has wrong and the uncut network right
   */
  record Bounds(double accuracy, double difference, int won, int lost) {}

  Certificate(CalibrationTable table) {
    this.table = table;
    clusters = Clusters.of(table);
    finalRight = new boolean[table.samples()];
    for (int s = 0; s < finalRight.length; s++) {
      finalRight[s] = table.correct(s, table.exits() - 1);
    }
    studentT =
        clusters.dependent() && clusters.count() > 1
            ? new TDistribution(null, clusters.count() - 1.0)
                .inverseCumulativeProbability(CONFIDENCE)
            : Double.NaN;
  }

  CalibrationTable table() {
    return table;
  }

  /**
   * Returns the bounds for answers that are right or wrong by sample.
   *
   * @param identical whether the plan answers as the uncut network by construction
   */
  Bounds bounds(boolean[] right, boolean identical) {
    int n = right.length;
    int rights = 0;
    int lost = 0;
    int won = 0;
    double[] rightSums = new double[clusters.count()];
    double[] differenceSums = new double[clusters.count()];
    for (int s = 0; s < n; s++) {
      int c = clusters.of[s];
      if (right[s]) {
        rights++;
        rightSums[c]++;
      }
      if (right[s] && !finalRight[s]) {
        won++;
        differenceSums[c]++;
      } else if (!right[s] && finalRight[s]) {
        lost++;
        differenceSums[c]--;
      }
    }
    double accuracy = wilson(rights, n);
    double difference = identical ? 0 : bonettPrice(won, lost, n);
    if (clusters.dependent()) {
      accuracy = Math.min(accuracy, clustered(rightSums, (double) rights / n, n));
      if (!identical) {
        difference = Math.min(difference, clustered(differenceSums, (double) (won - lost) / n, n));
      }
    }
    return new Bounds(Math.max(0, accuracy), Math.max(-1, difference), won, lost);
  }

  static double bonettPrice(int won, int lost, int n) {
    double w = (won + 1.0) / (n + 2);
    double l = (lost + 1.0) / (n + 2);
    return w - l - Z * Math.sqrt((w + l - (w - l) * (w - l)) / (n + 2));
  }

  static double wilson(int rights, int n) {
    double p = (double) rights / n;
    double z2 = Z * Z;
    return (p + z2 / (2 * n) - Z * Math.sqrt(p * (1 - p) / n + z2 / (4.0 * n * n))) / (1 + z2 / n);
  }

  private double clustered(double[] sums, double mean, int n) {
    int count = clusters.count();
    if (count < 2) {
      return -1;
    }
    double squares = 0;
    for (int c = 0; c < count; c++) {
      double residual = sums[c] - clusters.sizes[c] * mean;
      squares += residual * residual;
    }
    double variance = squares * count / (count - 1) / ((double) n * n);
    return mean - studentT * Math.sqrt(variance);
  }
}

package dev.sluice.scheduler.predict;

import java.util.Comparator;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Reweighs the table's samples where frames pass the exits of the device at other odds than
 * calibrated. Immutable.
 *
 * <p>Of all distributions over the samples in which the odds of being sent are those wanted, it is
 * the one nearest to the calibration's in relative entropy: those sent weigh the same among
 * themselves, as do those that stay. Which of the sent ones become more frequent is not known, nor
 * how their accuracy changes: proofs and accuracies keep to the calibration.
 *
 * @param sentWeight of a sample that is sent; 1 is as calibrated
 * @param stayWeight of a sample that the device answers
 */
record ExitShift(double sentWeight, double stayWeight) {
  static final ExitShift NONE = new ExitShift(1, 1);

  /**
   * Returns the weights.
   *
   * @param sentShare share of samples that are sent, as calibrated, in [0, 1]
   * @param passOdds odds of being sent over those
   */
  static ExitShift of(double sentShare, double passOdds) {
    if (passOdds == 1 || sentShare <= 0 || sentShare >= 1) {
      return NONE;
    }
    double stay = 1 / (1 - sentShare + passOdds * sentShare);
    return new ExitShift(passOdds * stay, stay);
  }

  boolean isNone() {
    return sentWeight == 1 && stayWeight == 1;
  }

  /** Returns a mean over the samples from its parts: what is sent adds to it, and what stays. */
  double mean(double sentPart, double stayPart) {
    return sentWeight * sentPart + stayWeight * stayPart;
  }

  /**
   * Returns the mean of a value by row.
   *
   * @param sent by row, whether it is
   */
  double mean(double[] values, IntPredicate sent) {
    double sum = 0;
    double weights = 0;
    for (int i = 0; i < values.length; i++) {
      double weight = weight(sent.test(i));
      sum += weight * values[i];
      weights += weight;
    }
    return sum / weights;
  }

  /** Returns the least value that at least a share of the weight does not exceed. */
  double quantile(double[] values, IntPredicate sent, double share) {
    return quantiles(values, sent, new double[] {share})[0];
  }

  /** Returns as many values as there are, evenly spaced by weight, ascending. */
  double[] spread(double[] values, IntPredicate sent) {
    int n = values.length;
    return quantiles(values, sent, IntStream.range(0, n).mapToDouble(i -> (i + 0.5) / n).toArray());
  }

  private double[] quantiles(double[] values, IntPredicate sent, double[] ascendingShares) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(i -> i)
            .toArray();
    double all = 0;
    for (int i : order) {
      all += weight(sent.test(i));
    }
    double[] quantiles = new double[ascendingShares.length];
    int at = 0;
    double reached = weight(sent.test(order[0]));
    for (int q = 0; q < quantiles.length; q++) {
      while (reached < ascendingShares[q] * all * (1 - 1e-12) && at < order.length - 1) {
        reached += weight(sent.test(order[++at]));
      }
      quantiles[q] = values[order[at]];
    }
    return quantiles;
  }

  double weight(boolean sent) {
    return sent ? sentWeight : stayWeight;
  }
}

package dev.sluice.scheduler.drift;

import java.util.List;
import org.apache.commons.math3.distribution.BetaDistribution;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * How often answers of the device agree with the final exit, estimated from audits. Immutable.
 *
 * <p>Agreement is not accuracy: the final exit errs too, and an answer that differs from it may be
 * right.
 *
 * @param share of answers that agree, in [0, 1]: every audit weighs the inverse of the probability
 *     with which it was chosen, over the sum of these weights (Hájek's estimator)
 * @param lower one-sided lower confidence bound of the share, in [0, share]
 * @param upper one-sided upper confidence bound of the share, in [share, 1]
 * @param answers that the audits stand for: the sum of the weights (Horvitz and Thompson, "A
 *     Generalization of Sampling Without Replacement From a Finite Universe", Journal of the
 *     American Statistical Association 47, 1952)
 * @param disagreements estimated among these, by the same authors
 * @param audits number of audits, at least 1
 * @param effectiveAudits independent audits of equal weight that would tell as much, in (0, audits]
 */
public record Agreement(
    double share,
    double lower,
    double upper,
    double answers,
    double disagreements,
    int audits,
    double effectiveAudits) {

  public Agreement {
    if (!(lower >= 0 && lower <= share && share <= upper && upper <= 1)) {
      throw new IllegalArgumentException(
          "not a share within its bounds: " + share + " in [" + lower + ", " + upper + "]");
    }
    if (audits < 1 || !(effectiveAudits > 0) || !(answers > 0) || !(disagreements >= 0)) {
      throw new IllegalArgumentException("an agreement needs audits: " + audits);
    }
  }

  /** A finished audit. */
  record Result(AuditDraw draw, boolean agrees) {
    double weight() {
      return 1 / draw.probability();
    }
  }

  /**
   * Estimates from audits in order of their frames.
   *
   * <p>Bounds: Clopper and Pearson's with the effective number of audits, as Korn and Graubard have
   * it ("Confidence Intervals for Proportions With Small Expected Number of Positive Counts
   * Estimated From Survey Data", Survey Methodology 24, 1998): what the variance between clusters
   * says, corrected by Student's t for their number. A cluster is a run of frames shorter than a
   * burst. Deviations: the effective number is never above Kish's, (sum of weights)^2 over the sum
   * of squared weights, and where all agree, so that there is no variance, not above the number of
   * clusters.
   *
   * @param results at least one
   * @param error chance that the lower bound lies above the truth, and the same for the upper one
   *     below it, in (0, 0.5)
   */
  static Agreement of(List<Result> results, int burstAnswers, double error) {
    double weights = 0;
    double squares = 0;
    double agreeing = 0;
    for (Result result : results) {
      double w = result.weight();
      weights += w;
      squares += w * w;
      agreeing += result.agrees() ? w : 0;
    }
    double share = Math.min(1, agreeing / weights);
    double kish = weights * weights / squares;
    double effective = effective(results, burstAnswers, error, share, weights, kish);
    double x = share * effective;
    double lower =
        x <= 0
            ? 0
            : new BetaDistribution(null, x, effective - x + 1).inverseCumulativeProbability(error);
    double upper =
        x >= effective
            ? 1
            : new BetaDistribution(null, x + 1, effective - x)
                .inverseCumulativeProbability(1 - error);
    return new Agreement(
        share,
        Math.min(share, lower),
        Math.max(share, upper),
        weights,
        weights - Math.min(weights, agreeing),
        results.size(),
        effective);
  }

  private static double effective(
      List<Result> results,
      int burstAnswers,
      double error,
      double share,
      double weights,
      double kish) {
    int clusters = 0;
    double between = 0;
    double residual = 0;
    long start = 0;
    for (Result result : results) {
      long frame = result.draw().frame();
      if (clusters == 0 || frame - start >= burstAnswers) {
        between += residual * residual;
        residual = 0;
        start = frame;
        clusters++;
      }
      residual += result.weight() * ((result.agrees() ? 1 : 0) - share);
    }
    between += residual * residual;
    if (clusters < 2) {
      return 1;
    }
    if (share <= 0 || share >= 1 || between <= 0) {
      return Math.min(kish, clusters);
    }
    double variance = between * clusters / (clusters - 1) / (weights * weights);
    double t =
        results.size() == clusters
            ? 1
            : quantile(results.size() - 1.0, error) / quantile(clusters - 1.0, error);
    return Math.max(1, Math.min(kish, share * (1 - share) / variance * t * t));
  }

  private static double quantile(double freedom, double error) {
    return new TDistribution(null, freedom).inverseCumulativeProbability(1 - error);
  }
}

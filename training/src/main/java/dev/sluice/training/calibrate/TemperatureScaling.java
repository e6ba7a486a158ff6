package dev.sluice.training.calibrate;

import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.univariate.BrentOptimizer;
import org.apache.commons.math3.optim.univariate.SearchInterval;
import org.apache.commons.math3.optim.univariate.UnivariateObjectiveFunction;

/**
 * One temperature per exit, by which its logits are divided so that its top-1 probability is right
 * as often as it says (Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks",
 * ICML 2017, section 4.2): the one that minimises the negative log-likelihood.
 */
public final class TemperatureScaling {
  private static final double LEAST = 0.05;
  private static final double MOST = 20;
  private static final int MAX_EVALUATIONS = 200;

  private TemperatureScaling() {}

  /**
   * Finds the temperature in [0.05, 20].
   *
   * @param logits one row per sample
   * @param labels class of each sample
   */
  public static double fit(float[][] logits, int[] labels) {
    if (logits.length == 0 || logits.length != labels.length) {
      throw new IllegalArgumentException(logits.length + " rows, " + labels.length + " labels");
    }
    // The loss is convex in 1 / T, so any search that brackets finds the one minimum.
    double best =
        new BrentOptimizer(1e-6, 1e-8)
            .optimize(
                new MaxEval(MAX_EVALUATIONS),
                new UnivariateObjectiveFunction(
                    log -> negativeLogLikelihood(logits, labels, Math.exp(log))),
                GoalType.MINIMIZE,
                new SearchInterval(Math.log(LEAST), Math.log(MOST), 0))
            .getPoint();
    return Math.exp(best);
  }

  /** Returns the mean negative log-likelihood in nats at a temperature. */
  public static double negativeLogLikelihood(float[][] logits, int[] labels, double temperature) {
    double total = 0;
    for (int s = 0; s < logits.length; s++) {
      float[] row = logits[s];
      double most = Double.NEGATIVE_INFINITY;
      for (float logit : row) {
        most = Math.max(most, logit / temperature);
      }
      double sum = 0;
      for (float logit : row) {
        sum += Math.exp(logit / temperature - most);
      }
      total += most + Math.log(sum) - row[labels[s]] / temperature;
    }
    return total / logits.length;
  }
}

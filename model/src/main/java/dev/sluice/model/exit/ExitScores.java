package dev.sluice.model.exit;

import java.util.Arrays;

/**
 * What an exit says about a sample: calibrated class probabilities. Immutable.
 *
 * <p>Calibration is temperature scaling: softmax(logits / T) with one T per exit (Guo, Pleiss, Sun
 * and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, section 4.2).
 *
 * @param probabilities one per class, each in {@code [0, 1]}, summing to 1; at least one class
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out, with its own equals
public record ExitScores(float[] probabilities) {
  public ExitScores {
    if (probabilities.length == 0) {
      throw new IllegalArgumentException("an exit needs at least one class");
    }
    probabilities = probabilities.clone();
    for (float p : probabilities) {
      if (!(p >= 0f && p <= 1f)) {
        throw new IllegalArgumentException("probability not in [0, 1]: " + p);
      }
    }
  }

  /**
   * Turns logits into calibrated probabilities. The largest logit is subtracted first, so that no
   * finite input overflows.
   *
   * @param logits unnormalised scores, one per class, finite; not modified
   * @param temperature divisor of the logits, positive and finite
   */
  public static ExitScores of(float[] logits, double temperature) {
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature must be positive: " + temperature);
    }
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      if (!Float.isFinite(logit)) {
        throw new IllegalArgumentException("logit is not finite: " + logit);
      }
      largest = Math.max(largest, logit);
    }
    double[] weights = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp((logits[i] - largest) / temperature);
      sum += weights[i];
    }
    float[] probabilities = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = (float) (weights[i] / sum);
    }
    return new ExitScores(probabilities);
  }

  @Override
  public float[] probabilities() {
    return probabilities.clone();
  }

  /** Returns the number of classes. */
  public int classes() {
    return probabilities.length;
  }

  /** Returns the most probable class; the lowest index wins a tie. */
  public int predicted() {
    int best = 0;
    for (int i = 1; i < probabilities.length; i++) {
      if (probabilities[i] > probabilities[best]) {
        best = i;
      }
    }
    return best;
  }

  /** Returns the probability of the predicted class, in {@code [1 / classes, 1]}. */
  public double confidence() {
    return probabilities[predicted()];
  }

  /** Returns the lead of the predicted class over the second, in {@code [0, 1]}. */
  public double margin() {
    float first = 0;
    float second = 0;
    for (float p : probabilities) {
      if (p > first) {
        second = first;
        first = p;
      } else if (p > second) {
        second = p;
      }
    }
    return (double) first - second;
  }

  /** Returns the Shannon entropy in nats, in {@code [0, ln(classes)]}. */
  public double entropyNats() {
    double entropy = 0;
    for (float p : probabilities) {
      if (p > 0) {
        entropy -= p * Math.log(p);
      }
    }
    return Math.max(0, entropy);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExitScores that && Arrays.equals(probabilities, that.probabilities);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(probabilities);
  }

  @Override
  public String toString() {
    return "ExitScores[predicted=" + predicted() + ", confidence=" + confidence() + "]";
  }
}

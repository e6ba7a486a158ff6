package dev.sluice.model.exit;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What an exit says about a sample: calibrated class probabilities. Immutable.
 *
 * <p>Calibration is temperature scaling: softmax(logits / T) with one T per exit (Guo, Pleiss, Sun
 * and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, section 4.2).
 */
public final class ExitScores {
  /** Outputs are clamped to this, so that no distance between them overflows. */
  private static final double MOST_OUTPUT = 1e6;

  /** Stands for a probability of 0 where its logarithm is needed. */
  private static final double LEAST_PROBABILITY = 1e-12;

  private final float[] probabilities;
  private final float @Nullable [] logits;
  private final double temperature;
  private final int predicted;

  /**
   * Takes probabilities as they are.
   *
   * @param probabilities one per class, each in {@code [0, 1]}, summing to 1; at least one class;
   *     copied
   */
  public ExitScores(float[] probabilities) {
    this(probabilities.clone(), null, 1);
    for (float p : this.probabilities) {
      if (!(p >= 0f && p <= 1f)) {
        throw new IllegalArgumentException("probability not in [0, 1]: " + p);
      }
    }
  }

  private ExitScores(float[] probabilities, float @Nullable [] logits, double temperature) {
    if (probabilities.length == 0) {
      throw new IllegalArgumentException("an exit needs at least one class");
    }
    this.probabilities = probabilities;
    this.logits = logits;
    this.temperature = temperature;
    int best = 0;
    for (int i = 1; i < probabilities.length; i++) {
      if (probabilities[i] > probabilities[best]) {
        best = i;
      }
    }
    this.predicted = best;
  }

  /**
   * Turns logits into calibrated probabilities. The largest logit is subtracted first, so that no
   * finite input overflows.
   *
   * @param logits unnormalised scores, one per class, finite; copied
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
    return new ExitScores(probabilities, logits.clone(), temperature);
  }

  /** Returns the calibrated probabilities, one per class; the caller's own copy. */
  public float[] probabilities() {
    return probabilities.clone();
  }

  /** Returns the number of classes. */
  public int classes() {
    return probabilities.length;
  }

  /** Returns the most probable class; the lowest index wins a tie. */
  public int predicted() {
    return predicted;
  }

  /** Returns the probability of the predicted class, in {@code [1 / classes, 1]}. */
  public double confidence() {
    return probabilities[predicted];
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

  /**
   * Returns the exit's output as a point among others of the same exit: its logits divided by the
   * temperature, with mean 0 (softmax knows no constant). Where only probabilities are known, their
   * logarithms.
   *
   * @return one coordinate per class, finite; the caller's own
   */
  public float[] output() {
    double[] values = new double[probabilities.length];
    double mean = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] =
          logits == null
              ? Math.log(Math.max(LEAST_PROBABILITY, probabilities[i]))
              : logits[i] / temperature;
      mean += values[i] / values.length;
    }
    float[] output = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      output[i] = (float) Math.max(-MOST_OUTPUT, Math.min(MOST_OUTPUT, values[i] - mean));
    }
    return output;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExitScores that
        && Arrays.equals(probabilities, that.probabilities)
        && Arrays.equals(logits, that.logits)
        && temperature == that.temperature;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(probabilities);
  }

  @Override
  public String toString() {
    return "ExitScores[predicted=" + predicted + ", confidence=" + confidence() + "]";
  }
}

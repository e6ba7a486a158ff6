package dev.sluice.model.exit;

/**
 * The mean output of each class at one exit, with which {@link ExitPolicy.ClassMeans} judges.
 * Immutable and thread-safe.
 */
public final class ClassCentres {
  private final int classes;

  /** {@code [class * classes + coordinate]}. */
  private final float[] means;

  /** By class: the mean distance of the fitting set's outputs to it; 0 where it has no mean. */
  private final float[] scales;

  private final double temperature;

  /**
   * Takes fitted means.
   *
   * @param means {@code [class][coordinate]} as {@link ExitScores#output} gives them; copied
   * @param scales mean distance of all fitting samples to each class's mean, positive; 0 for a
   *     class of which there was no sample; copied
   * @param temperature divisor of the negative normalised distances in the softmax, positive
   */
  public ClassCentres(float[][] means, float[] scales, double temperature) {
    this(scales.length, flat(means, scales.length), scales.clone(), temperature);
  }

  ClassCentres(int classes, float[] means, float[] scales, double temperature) {
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature must be positive: " + temperature);
    }
    for (float scale : scales) {
      if (!(scale >= 0) || Float.isInfinite(scale)) {
        throw new IllegalArgumentException("no mean distance: " + scale);
      }
    }
    requireFinite(means);
    this.classes = classes;
    this.means = means;
    this.scales = scales;
    this.temperature = temperature;
  }

  static float[] flat(float[][] rows, int width) {
    float[] flat = new float[Math.multiplyExact(rows.length, width)];
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length != width) {
        throw new IllegalArgumentException(
            "row " + i + " has " + rows[i].length + " coordinates, not " + width);
      }
      System.arraycopy(rows[i], 0, flat, i * width, width);
    }
    return flat;
  }

  static void requireFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException("coordinate is not finite: " + value);
      }
    }
  }

  /** Returns the number of classes. */
  public int classes() {
    return classes;
  }

  /** Returns the temperature of the softmax. */
  public double temperature() {
    return temperature;
  }

  /** Returns the same means with another temperature. */
  public ClassCentres withTemperature(double other) {
    return new ClassCentres(classes, means, scales, other);
  }

  float[] means() {
    return means;
  }

  float[] scales() {
    return scales;
  }

  /**
   * Returns the normalised distance of an output to each class, the distance divided by its mean;
   * infinite where a class has no mean.
   *
   * @param output as {@link ExitScores#output} gives it
   */
  public double[] distances(float[] output) {
    if (output.length != classes) {
      throw new IllegalArgumentException(output.length + " classes instead of " + classes);
    }
    double[] distances = new double[classes];
    for (int c = 0; c < classes; c++) {
      if (scales[c] == 0) {
        distances[c] = Double.POSITIVE_INFINITY;
        continue;
      }
      double squares = 0;
      int row = c * classes;
      for (int i = 0; i < classes; i++) {
        double difference = (double) output[i] - means[row + i];
        squares += difference * difference;
      }
      distances[c] = Math.sqrt(squares) / scales[c];
    }
    return distances;
  }

  /**
   * Returns the probability that the means give a class: softmax(-distance / temperature).
   *
   * @return in {@code [0, 1]}; 0 for a class without mean
   */
  public double probability(float[] output, int label) {
    double[] distances = distances(output);
    double nearest = Double.POSITIVE_INFINITY;
    for (double distance : distances) {
      nearest = Math.min(nearest, distance);
    }
    if (Double.isInfinite(distances[label])) {
      return 0;
    }
    double sum = 0;
    for (double distance : distances) {
      sum += Math.exp((nearest - distance) / temperature);
    }
    return Math.exp((nearest - distances[label]) / temperature) / sum;
  }
}

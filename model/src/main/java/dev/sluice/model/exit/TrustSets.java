package dev.sluice.model.exit;

import java.util.Arrays;

/**
 * Calibration samples of each class at one exit, with which {@link ExitPolicy.TrustAbove} judges.
 * Immutable and thread-safe.
 *
 * <p>The nearest sample is searched for by brute force, a distance being given up once it exceeds
 * the best one: outputs have as many coordinates as there are classes, and beyond about twenty a
 * k-d tree visits nearly all of its leaves. So the sets are bounded: at most {@value #MOST_VALUES}
 * coordinates in all.
 */
public final class TrustSets {
  /** Most coordinates that all samples of one exit have together. */
  public static final int MOST_VALUES = 1 << 20;

  private static final double LEAST_DISTANCE = 1e-9;
  private static final double MOST_RATIO = 1e9;

  private final int classes;

  /** Samples ordered by class. */
  private final float[] points;

  /** By class, the number of its first sample; one more at the end. */
  private final int[] starts;

  /**
   * Takes samples.
   *
   * @param classes number of classes and of coordinates
   * @param points outputs as {@link ExitScores#output} gives them; copied
   * @param labels the right class of each
   */
  public TrustSets(int classes, float[][] points, int[] labels) {
    this(classes, ordered(classes, points, labels), starts(classes, labels));
  }

  TrustSets(int classes, float[] points, int[] starts) {
    ClassCentres.requireFinite(points);
    this.classes = classes;
    this.points = points;
    this.starts = starts;
  }

  private static int[] starts(int classes, int[] labels) {
    int[] starts = new int[classes + 1];
    for (int label : labels) {
      if (label < 0 || label >= classes) {
        throw new IllegalArgumentException("label not in [0, " + classes + "): " + label);
      }
      starts[label + 1]++;
    }
    for (int c = 0; c < classes; c++) {
      starts[c + 1] += starts[c];
    }
    return starts;
  }

  private static float[] ordered(int classes, float[][] points, int[] labels) {
    if (points.length != labels.length) {
      throw new IllegalArgumentException(points.length + " points, " + labels.length + " labels");
    }
    if ((long) points.length * classes > MOST_VALUES) {
      throw new IllegalArgumentException(
          points.length + " samples of " + classes + " coordinates are too many");
    }
    int[] next = Arrays.copyOf(starts(classes, labels), classes);
    float[] ordered = new float[points.length * classes];
    for (int i = 0; i < points.length; i++) {
      if (points[i].length != classes) {
        throw new IllegalArgumentException(points[i].length + " coordinates, not " + classes);
      }
      System.arraycopy(points[i], 0, ordered, classes * next[labels[i]]++, classes);
    }
    return ordered;
  }

  /** Returns the number of classes. */
  public int classes() {
    return classes;
  }

  /** Returns the number of samples kept. */
  public int samples() {
    return starts[classes];
  }

  float[] points() {
    return points;
  }

  int[] starts() {
    return starts;
  }

  /**
   * Returns the trust score of a prediction.
   *
   * @param output as {@link ExitScores#output} gives it
   * @param predicted class that the exit predicts
   * @return at least 0 and finite; 0 where the predicted class or all others have no sample, since
   *     then nothing speaks for it
   */
  public double score(float[] output, int predicted) {
    if (output.length != classes) {
      throw new IllegalArgumentException(output.length + " classes instead of " + classes);
    }
    int from = starts[predicted];
    int to = starts[predicted + 1];
    if (from == to || to - from == samples()) {
      return 0;
    }
    double own = nearest(output, from, to, Double.POSITIVE_INFINITY);
    double other = nearest(output, 0, from, Double.POSITIVE_INFINITY);
    other = nearest(output, to, samples(), other);
    return Math.min(MOST_RATIO, Math.sqrt(other) / Math.max(LEAST_DISTANCE, Math.sqrt(own)));
  }

  /** Returns the smaller of the least squared distance to some samples and a bound. */
  private double nearest(float[] output, int from, int to, double bound) {
    double least = bound;
    for (int p = from; p < to; p++) {
      int row = p * classes;
      double squares = 0;
      for (int i = 0; i < classes && squares < least; i++) {
        double difference = (double) output[i] - points[row + i];
        squares += difference * difference;
      }
      least = Math.min(least, squares);
    }
    return least;
  }
}

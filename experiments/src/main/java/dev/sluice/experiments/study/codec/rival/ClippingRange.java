package dev.sluice.experiments.study.codec.rival;

/**
 * Between which values a tensor is clipped before it is quantised to few levels.
 *
 * @param low lower end
 * @param high upper end, above the lower
 */
record ClippingRange(double low, double high) {
  /** Ends that are tried between the middle and the extremes of what was measured. */
  private static final int STEPS = 64;

  private static final int STEPS_OF_TWO_ENDS = 20;

  /** Asymmetry that the papers fix for activations before the rectifier. */
  private static final double ASYMMETRY = 0.5;

  private static final int INTEGRATION_STEPS = 2000;

  ClippingRange {
    if (!(high > low)) {
      throw new IllegalArgumentException("empty range: " + low + " to " + high);
    }
  }

  /**
   * Returns the range of least squared error of uniform levels on what was measured; the lower end
   * is 0 where no value is negative.
   */
  static ClippingRange measured(LevelHistogram histogram, int levels) {
    boolean isRectified = histogram.least() >= 0;
    int steps = isRectified ? STEPS : STEPS_OF_TWO_ENDS;
    ClippingRange best = new ClippingRange(Math.min(0, histogram.least()), end(histogram));
    double least = Double.POSITIVE_INFINITY;
    for (int up = 1; up <= steps; up++) {
      for (int down = isRectified ? steps : 1; down <= steps; down++) {
        double low = isRectified ? 0 : histogram.least() * down / steps;
        double high = end(histogram) * up / steps;
        if (high <= low) {
          continue;
        }
        ClippingRange range = new ClippingRange(low, high);
        double error = Quantiser.uniform(range, levels).squaredError(histogram);
        if (error < least) {
          least = error;
          best = range;
        }
      }
    }
    return best;
  }

  private static double end(LevelHistogram histogram) {
    return Math.max(histogram.largest(), Math.min(0, histogram.least()) + 1e-6);
  }

  /**
   * Returns the range of least expected squared error under the papers' model: before the rectifier
   * values follow an asymmetric Laplace distribution of asymmetry 0.5, whose other two parameters
   * follow from mean and variance behind it. What is above 0 is then exponential, and its rate and
   * weight follow in closed form.
   *
   * @param histogram of values that are not negative, some above 0
   */
  static ClippingRange modelled(LevelHistogram histogram, int levels) {
    if (histogram.least() < 0 || !(histogram.mean() > 0)) {
      throw new IllegalArgumentException("the model is of rectified values");
    }
    double rate = 2 * histogram.mean() / histogram.meanSquare();
    double positive = histogram.mean() * rate;
    // A mode above 0 would need a weight above 1 / (1 + 0.25); the density there is then flatter.
    double weight = Math.min(positive, 1 / (1 + ASYMMETRY * ASYMMETRY));
    double longest = 16 / rate;
    ClippingRange best = new ClippingRange(0, longest);
    double least = Double.POSITIVE_INFINITY;
    for (int step = 1; step <= STEPS; step++) {
      ClippingRange range = new ClippingRange(0, longest * step / STEPS);
      Quantiser quantiser = Quantiser.uniform(range, levels);
      double error = 0;
      double width = 2 * longest / INTEGRATION_STEPS;
      for (int i = 0; i < INTEGRATION_STEPS; i++) {
        double value = (i + 0.5) * width;
        double difference = value - quantiser.value(quantiser.level((float) value));
        error += weight * rate * Math.exp(-rate * value) * difference * difference * width;
      }
      if (error < least) {
        least = error;
        best = range;
      }
    }
    return best;
  }
}

package dev.sluice.training.quantise;

import java.util.Arrays;

/** The search for the bound on magnitudes that loses the least information. */
final class Divergence {
  private static final int LEVELS = 128;
  private static final int STEP = 16;

  private Divergence() {}

  /** Returns the magnitude at which to clip. */
  static double bestBound(Histogram seen) {
    double most = Math.max(Math.abs((double) seen.least()), Math.abs((double) seen.most()));
    double[] magnitudes = magnitudes(seen, most);
    double least = Double.POSITIVE_INFINITY;
    int best = Histogram.BINS;
    for (int bins = Histogram.BINS; bins >= LEVELS; bins -= STEP) {
      double divergence = divergence(magnitudes, bins);
      if (divergence < least) {
        least = divergence;
        best = bins;
      }
    }
    return most * best / Histogram.BINS;
  }

  private static double[] magnitudes(Histogram seen, double most) {
    double[] magnitudes = new double[Histogram.BINS];
    for (int bin = 0; bin < Histogram.BINS; bin++) {
      if (most > 0) {
        int to = (int) (Math.abs(seen.middle(bin)) / most * Histogram.BINS);
        magnitudes[Math.min(Histogram.BINS - 1, to)] += seen.count(bin);
      }
    }
    // Zeros survive any grid; counting what ReLU makes of them would drown all else.
    magnitudes[0] = 0;
    return magnitudes;
  }

  private static double divergence(double[] magnitudes, int bins) {
    double[] clipped = Arrays.copyOf(magnitudes, bins);
    for (int bin = bins; bin < magnitudes.length; bin++) {
      clipped[bins - 1] += magnitudes[bin];
    }
    double[] coarse = new double[bins];
    for (int level = 0; level < LEVELS; level++) {
      int from = (int) ((long) level * bins / LEVELS);
      int to = (int) ((long) (level + 1) * bins / LEVELS);
      double sum = 0;
      int filled = 0;
      for (int bin = from; bin < to; bin++) {
        sum += magnitudes[bin];
        filled += clipped[bin] > 0 ? 1 : 0;
      }
      for (int bin = from; bin < to; bin++) {
        coarse[bin] = clipped[bin] > 0 ? sum / filled : 0;
      }
    }
    double all = Arrays.stream(clipped).sum();
    double allCoarse = Arrays.stream(coarse).sum();
    if (all == 0 || allCoarse == 0) {
      return Double.POSITIVE_INFINITY;
    }
    double divergence = 0;
    for (int bin = 0; bin < bins; bin++) {
      if (clipped[bin] > 0) {
        double p = clipped[bin] / all;
        double q = Math.max(coarse[bin] / allCoarse, 1e-12);
        divergence += p * Math.log(p / q);
      }
    }
    return divergence;
  }
}

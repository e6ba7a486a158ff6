package dev.sluice.training.quantise;

/**
 * How the interval that eight bits shall cover is found from the values seen: a wide one clips
 * nothing, a narrow one is finer. Which is best depends on the network; see {@link VariantSearch}.
 */
public enum RangeMethod {
  /** From the least to the greatest value seen. */
  MIN_MAX {
    @Override
    Grid grid(Histogram seen) {
      return Grid.over(seen.least(), seen.most());
    }
  },

  /** Leaves out one value in ten thousand, at either end where there are two. */
  PERCENTILE {
    @Override
    Grid grid(Histogram seen) {
      long outside = (long) (seen.total() * OUTSIDE);
      int from = 0;
      int to = Histogram.BINS - 1;
      // Zero is where a ReLU piles its values up: an end there is none to be cut.
      if (seen.least() < 0) {
        from = firstBeyond(seen, outside, 0, 1);
      }
      if (seen.most() > 0) {
        to = firstBeyond(seen, outside, to, -1);
      }
      double least = seen.least() + from * seen.width();
      double most = seen.least() + (to + 1) * seen.width();
      return Grid.over(Math.min(least, most), Math.max(least, most));
    }
  },

  /** Makes the mean squared error of rounding and clipping together smallest. */
  SQUARED_ERROR {
    @Override
    Grid grid(Histogram seen) {
      Grid best = MIN_MAX.grid(seen);
      double least = squaredError(seen, seen.least(), seen.most());
      // Both ends shrink by themselves: a tail is seldom as long on either side.
      for (int lower = 0; lower < SHRINKS; lower++) {
        double from = seen.least() * (1 - lower * SHRINK_STEP);
        for (int upper = 0; upper < SHRINKS; upper++) {
          double to = seen.most() * (1 - upper * SHRINK_STEP);
          double error = squaredError(seen, from, to);
          if (error < least) {
            least = error;
            best = Grid.over(from, to);
          }
          if (seen.most() <= 0) {
            break;
          }
        }
        if (seen.least() >= 0) {
          break;
        }
      }
      return best;
    }
  },

  /**
   * Keeps the most information: the clipped distribution's Kullback-Leibler divergence from what
   * 128 steps per side make of it is smallest (Migacz, "8-bit Inference with TensorRT", GTC 2017).
   */
  ENTROPY {
    @Override
    Grid grid(Histogram seen) {
      double bound = Divergence.bestBound(seen);
      return Grid.over(Math.max(seen.least(), -bound), Math.min(seen.most(), bound));
    }
  };

  private static final double OUTSIDE = 1e-4;
  private static final int SHRINKS = 32;
  private static final double SHRINK_STEP = 0.025;

  /** Returns the grid for what was seen. */
  abstract Grid grid(Histogram seen);

  private static int firstBeyond(Histogram seen, long outside, int start, int step) {
    long passed = 0;
    int bin = start;
    while (bin + step >= 0 && bin + step < Histogram.BINS) {
      passed += seen.count(bin);
      if (passed > outside) {
        break;
      }
      bin += step;
    }
    return bin;
  }

  private static double squaredError(Histogram seen, double from, double to) {
    double step = (Math.max(0, to) - Math.min(0, from)) / 255;
    // A value between two steps is off by a uniform part of one.
    double rounding = step * step / 12;
    double error = 0;
    for (int bin = 0; bin < Histogram.BINS; bin++) {
      long count = seen.count(bin);
      if (count > 0) {
        double value = seen.middle(bin);
        double beyond = value > to ? value - to : value < from ? from - value : 0;
        error += count * (beyond > 0 ? beyond * beyond : rounding);
      }
    }
    return error;
  }
}

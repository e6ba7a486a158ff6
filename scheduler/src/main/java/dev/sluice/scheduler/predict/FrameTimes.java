package dev.sluice.scheduler.predict;

import java.util.SplittableRandom;

/**
 * When the frames of a replayed stream are captured, in mean distances: evenly, or more or less at
 * random. Immutable.
 *
 * <p>Distances are {@code 1 - cv + cv e} with {@code e} drawn from the exponential distribution: a
 * Poisson process for a coefficient of variation of 1, and one in between for less. The draws are
 * the same each time, so that plans are compared on one stream, and typical: over 400 frames, each
 * of which a server takes the same time for, the mean wait is within 10 % of Pollaczek-Khinchine's,
 * {@code rho / (2 (1 - rho))} times that time, at loads from 0.2 to 0.8.
 */
final class FrameTimes {
  /** One after the other. */
  static final FrameTimes EVEN = new FrameTimes(new double[0], 1);

  private static final long SEED = 1;

  /** By frame, and the one behind the last; empty where they are the numbers themselves. */
  private final double[] at;

  private final double shortest;

  private FrameTimes(double[] at, double shortest) {
    this.at = at;
    this.shortest = shortest;
  }

  /**
   * Returns times of so many frames.
   *
   * @param cv coefficient of variation of their distances, in [0, 1]
   */
  static FrameTimes of(double cv, int frames) {
    if (cv == 0) {
      return EVEN;
    }
    SplittableRandom random = new SplittableRandom(SEED);
    double[] distances = new double[frames];
    double sum = 0;
    for (int i = 0; i < frames; i++) {
      distances[i] = -Math.log(1 - random.nextDouble());
      sum += distances[i];
    }
    double[] at = new double[frames + 1];
    double shortest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < frames; i++) {
      double distance = 1 - cv + cv * distances[i] * frames / sum;
      at[i + 1] = at[i] + distance;
      shortest = Math.min(shortest, distance);
    }
    return new FrameTimes(at, shortest);
  }

  boolean isEven() {
    return at.length == 0;
  }

  /** Returns when a frame is captured; also the one behind the last. */
  double at(int frame) {
    return at.length == 0 ? frame : at[frame];
  }

  /** Returns the shortest distance of two frames. */
  double shortest() {
    return shortest;
  }
}

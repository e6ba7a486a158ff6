package dev.sluice.scheduler.estimate;

import java.util.Arrays;

/**
 * How often frames come, and how evenly. Not thread-safe.
 *
 * <p>Where they come evenly the period is the median of the last distances, which a lost frame or a
 * pause does not move and a step moves within a dozen frames. Of distances that differ the median
 * says little (of a Poisson process it is 0.69 of the mean), and the mean of more of them is taken.
 * How much they differ is told by their quartiles, which a few pauses do not move: for exponential
 * distances the outer ones are 1.585 medians apart.
 */
final class FrameClock {
  private static final int FEW = 21;
  private static final int SOME = 32;
  private static final int MANY = 64;
  private static final long SANE_NANOS = 600_000_000_000L;

  /** Quartiles so far apart, in medians, for exponential distances; and where nothing is even. */
  private static final double EXPONENTIAL_SPREAD = 1.585;

  /** Cameras whose frames jitter by less have them evenly enough. */
  private static final double EVEN_SPREAD = 0.5;

  /** Fewer distances have quartiles less sure: so little is even for certain. */
  private static final double SURELY_EVEN_SPREAD = 0.25;

  /** Quartiles take sorting, so they are looked at every so many frames. */
  private static final int SELDOM = 8;

  /** The coefficient of variation is told in such steps: it is not known any better. */
  private static final double STEPS = 4;

  private final long[] distances = new long[MANY];
  private long frames;
  private long lastNanos;
  private double cv;

  /** A frame was captured. */
  void onFrame(long nowNanos) {
    long distance = nowNanos - lastNanos;
    if (frames > 0 && distance > 0 && distance < SANE_NANOS) {
      distances[(int) ((frames - 1) % MANY)] = distance;
      frames++;
      if (frames % SELDOM == 0) {
        cv = look();
      }
    } else if (frames == 0) {
      frames = 1;
    }
    lastNanos = nowNanos;
  }

  /** Returns the time between frames; 0 while unknown. */
  long periodNanos() {
    if (cv == 0) {
      long[] few = latest(FEW);
      return few.length == 0 ? 0 : few[few.length / 2];
    }
    return Math.round(Arrays.stream(latest(MANY)).average().orElse(0));
  }

  /**
   * Returns the coefficient of variation of that time, at most 1, in quarters; 0 while they come
   * evenly, or too few came to tell. A step from one period to another is taken for unevenness for
   * a few frames at most.
   */
  double cv() {
    return cv;
  }

  private double look() {
    double spread = spread(latest(MANY));
    return spread < EVEN_SPREAD || spread(latest(SOME)) < SURELY_EVEN_SPREAD
        ? 0
        : Math.min(1, Math.ceil(spread / EXPONENTIAL_SPREAD * STEPS) / STEPS);
  }

  /** Distance of the outer quartiles in medians; 0 of few. */
  private static double spread(long[] sorted) {
    int count = sorted.length;
    return count < SOME
        ? 0
        : (double) (sorted[count * 3 / 4] - sorted[count / 4]) / sorted[count / 2];
  }

  /** The last distances, sorted. */
  private long[] latest(int most) {
    int known = (int) Math.max(0, Math.min(most, frames - 1));
    long[] sorted = new long[known];
    for (int i = 0; i < known; i++) {
      sorted[i] = distances[(int) ((frames - 2 - i) % MANY)];
    }
    Arrays.sort(sorted);
    return sorted;
  }
}

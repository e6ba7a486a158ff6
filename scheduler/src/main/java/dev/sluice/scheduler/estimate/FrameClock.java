package dev.sluice.scheduler.estimate;

import java.util.Arrays;

/**
 * How often frames come, and how evenly. Not thread-safe.
 *
 * <p>Where they come evenly the period is the median of the last distances, which a lost frame or a
 * pause does not move and a step moves within a dozen frames. Of distances that differ the median
 * says little (of a Poisson process it is 0.69 of the mean), and their mean is taken, over some
 * hundreds of frames and with pauses cut short. How much they differ is told by their quartiles,
 * which a few pauses do not move: for exponential distances the outer ones are 1.585 medians apart.
 *
 * <p>Plans change with either, and samples of a few dozen distances scatter. So evenness has to
 * leave its step by some distance before another is told, and the mean has to differ by a tenth, or
 * the last frames from it by more than chance.
 */
final class FrameClock {
  private static final int FEW = 21;
  private static final int SOME = 32;
  private static final int MANY = 64;
  private static final long SANE_NANOS = 600_000_000_000L;

  /** Sorting takes a moment, so evenness is looked at every so many frames. */
  private static final int SELDOM = 8;

  /** Quartiles so far apart, in medians, for exponential distances. */
  private static final double EXPONENTIAL_SPREAD = 1.585;

  /** Cameras whose frames jitter by less have them evenly enough; and have them so again below. */
  private static final double EVEN_SPREAD = 0.5;

  private static final double EVEN_AGAIN_SPREAD = 0.35;

  /** Fewer distances have quartiles less sure: so little is even for certain. */
  private static final double SURELY_EVEN_SPREAD = 0.25;

  /** The coefficient of variation is told in such steps: it is not known any better. */
  private static final double STEPS = 4;

  /** Steps beyond its own that keep the one that is told. */
  private static final double KEPT_STEPS = 0.6;

  /** Longer distances are pauses, in medians: of exponential ones one in 256 is longer. */
  private static final double PAUSE_MEDIANS = 8;

  /** The mean is over so many frames at most. */
  private static final double MOST_AVERAGED = 512;

  /** Means that differ by less are told as one. */
  private static final double ALIKE = 0.1;

  /** Standard errors by which the last frames differ from the mean where their pace has changed. */
  private static final double CHANGED_SDS = 3;

  private final long[] distances = new long[MANY];
  private long frames;
  private long lastNanos;
  private double cv;
  private double averaged;
  private double meanNanos;
  private long toldMeanNanos;

  /** A frame was captured. */
  void onFrame(long nowNanos) {
    long distance = nowNanos - lastNanos;
    if (frames > 0 && distance > 0 && distance < SANE_NANOS) {
      distances[(int) ((frames - 1) % MANY)] = distance;
      frames++;
      if (frames % SELDOM == 0 && frames > MANY) {
        look();
      }
    } else if (frames == 0) {
      frames = 1;
    }
    lastNanos = nowNanos;
  }

  /** Returns the time between frames; 0 while unknown. */
  long periodNanos() {
    if (cv > 0) {
      return toldMeanNanos;
    }
    long[] few = sorted(FEW);
    return few.length == 0 ? 0 : few[few.length / 2];
  }

  /**
   * Returns the coefficient of variation of that time, at most 1, in quarters; 0 while they come
   * evenly, or too few came to tell. A step from one period to another is taken for unevenness for
   * a few frames at most.
   */
  double cv() {
    return cv;
  }

  private void look() {
    long[] many = sorted(MANY);
    double spread = spread(many);
    if (spread < (cv > 0 ? EVEN_AGAIN_SPREAD : EVEN_SPREAD)
        || spread(sorted(SOME)) < SURELY_EVEN_SPREAD) {
      cv = 0;
      averaged = 0;
      return;
    }
    double steps = Math.min(STEPS, spread / EXPONENTIAL_SPREAD * STEPS);
    double told = cv * STEPS;
    if (cv == 0 || steps > told + KEPT_STEPS || steps < told - 1 - KEPT_STEPS) {
      cv = Math.ceil(steps) / STEPS;
    }
    average(PAUSE_MEDIANS * many[many.length / 2]);
  }

  private void average(double mostNanos) {
    double recent = mean(MANY, mostNanos);
    double chance = CHANGED_SDS * cv * meanNanos / Math.sqrt(MANY);
    if (averaged == 0 || Math.abs(recent - meanNanos) > chance) {
      averaged = MANY;
      meanNanos = recent;
    } else {
      averaged = Math.min(MOST_AVERAGED, averaged + SELDOM);
      meanNanos += (mean(SELDOM, mostNanos) - meanNanos) * SELDOM / averaged;
    }
    if (Math.abs(toldMeanNanos - meanNanos) > ALIKE * meanNanos) {
      toldMeanNanos = Math.round(meanNanos);
    }
  }

  /** The mean of the last distances, none counted as longer than some time. */
  private double mean(int count, double mostNanos) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.min(mostNanos, (double) latest(i));
    }
    return sum / count;
  }

  /** Distance of the outer quartiles in medians. */
  private static double spread(long[] sorted) {
    int count = sorted.length;
    return (double) (sorted[count * 3 / 4] - sorted[count / 4]) / sorted[count / 2];
  }

  private long[] sorted(int most) {
    long[] sorted = new long[(int) Math.max(0, Math.min(most, frames - 1))];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = latest(i);
    }
    Arrays.sort(sorted);
    return sorted;
  }

  /** The last distance, the one before that, and so on. */
  private long latest(int back) {
    return distances[(int) ((frames - 2 - back) % MANY)];
  }
}

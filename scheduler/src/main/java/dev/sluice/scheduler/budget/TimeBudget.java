package dev.sluice.scheduler.budget;

/**
 * Time for a batch, or for what is left of a stream. Immutable.
 *
 * @param totalNanos time for all frames together, finite; not positive where it is used up
 * @param frames how many there are, at least 1
 * @param deviations standard deviations of the total that must fit as well, at least 0. 0 keeps the
 *     budget in the mean, that is about every other time; 1.64 keeps it 19 times in 20 if frames
 *     are independent. In a stream hard frames come together and the total varies more
 */
public record TimeBudget(double totalNanos, long frames, double deviations) {
  public TimeBudget {
    if (!Double.isFinite(totalNanos)) {
      throw new IllegalArgumentException("totalNanos must be finite: " + totalNanos);
    }
    if (frames < 1) {
      throw new IllegalArgumentException("frames must be at least 1: " + frames);
    }
    if (!(deviations >= 0 && deviations <= 10)) {
      throw new IllegalArgumentException("deviations must be in [0, 10]: " + deviations);
    }
  }

  /** Returns a budget for the mean. */
  public static TimeBudget perFrame(double nanos) {
    return new TimeBudget(nanos, 1, 0);
  }

  /**
   * Returns what is left after some frames, so that a stream can solve anew as it goes: what easy
   * frames saved is spent on those to come, what hard ones overspent is taken back.
   *
   * @param spentNanos what they took, finite, at least 0
   * @param answered how many they were, in [0, frames)
   */
  public TimeBudget after(double spentNanos, long answered) {
    if (!(spentNanos >= 0) || answered < 0 || answered >= frames) {
      throw new IllegalArgumentException(
          "not spent on fewer than " + frames + " frames: " + spentNanos + ", " + answered);
    }
    return new TimeBudget(totalNanos - spentNanos, frames - answered, deviations);
  }

  /** Returns the budget's mean per frame. */
  public double nanosPerFrame() {
    return totalNanos / (double) frames;
  }

  /** Returns by how much a frame takes too long in the mean; at most 0 where the budget holds. */
  double excessNanos(double meanNanos, double sdNanos) {
    return meanNanos + deviations * sdNanos / Math.sqrt((double) frames) - nanosPerFrame();
  }
}

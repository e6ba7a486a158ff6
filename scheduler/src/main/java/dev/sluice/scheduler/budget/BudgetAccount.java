package dev.sluice.scheduler.budget;

/**
 * The books of a budget of time: what it was, what frames took of it, how many are to come. When
 * all of its frames are over, the next one that is computed begins the same budget anew; what is
 * left by then lapses. Frames that are over by then though nothing was computed for them, while
 * another still was, count in the next period. Thread-safe.
 *
 * <p>One frame at a time is computed. Whoever computes says {@link #begin}, {@link #spend} and
 * {@link #over}, and asks {@link #affords} before it goes on; whoever plans asks what is {@link
 * #left}.
 */
public final class BudgetAccount {
  private final double totalNanos;
  private final long frames;
  private double spentNanos;

  /** What had been spent when the last frame was over. */
  private double settledNanos;

  private long over;
  private long periods;
  private long exceeded;

  /**
   * Opens the books.
   *
   * @param totalNanos time for all frames together, positive and finite
   * @param frames how many there are, at least 1
   */
  public BudgetAccount(double totalNanos, long frames) {
    if (!(totalNanos > 0 && totalNanos < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("totalNanos must be positive: " + totalNanos);
    }
    if (frames < 1) {
      throw new IllegalArgumentException("frames must be at least 1: " + frames);
    }
    this.totalNanos = totalNanos;
    this.frames = frames;
  }

  /** A frame is about to be computed. */
  public synchronized void begin() {
    while (over >= frames) {
      periods++;
      exceeded += spentNanos > totalNanos ? 1 : 0;
      over -= frames;
      spentNanos = 0;
      settledNanos = 0;
    }
  }

  /**
   * The device computed for frames.
   *
   * @param nanos at least 0
   */
  public synchronized void spend(long nanos) {
    if (nanos < 0) {
      throw new IllegalArgumentException("nobody computes for " + nanos + " ns");
    }
    spentNanos += nanos;
  }

  /** A frame has its answer, or none is computed for it. */
  public synchronized void over() {
    over++;
    settledNanos = spentNanos;
  }

  /**
   * Returns whether the frame that is computed may go on.
   *
   * @param nanos what it would take from now on
   * @param leastNanos what each frame to come takes at least
   */
  public synchronized boolean affords(double nanos, double leastNanos) {
    double toCome = Math.max(0, frames - over - 1);
    return spentNanos + nanos + toCome * leastNanos <= totalNanos;
  }

  /** Returns what is left for the frames that are not over, the one that is computed included. */
  public synchronized TimeBudget left() {
    TimeBudget whole = new TimeBudget(totalNanos, frames, 0);
    return over >= frames ? whole : whole.after(settledNanos, over);
  }

  /** Returns what the books say. */
  public synchronized BudgetReport report() {
    boolean complete = over >= frames;
    return new BudgetReport(
        totalNanos,
        frames,
        spentNanos,
        Math.min(frames, over),
        periods + (complete ? 1 : 0),
        exceeded + (complete && spentNanos > totalNanos ? 1 : 0));
  }
}

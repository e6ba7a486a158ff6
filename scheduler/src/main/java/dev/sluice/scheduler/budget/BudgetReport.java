package dev.sluice.scheduler.budget;

/**
 * How a budget stands. Immutable.
 *
 * @param totalNanos time for all frames together
 * @param frames how many they are
 * @param spentNanos what they took so far
 * @param over frames that are over
 * @param periods how often all frames were over
 * @param exceeded in how many of these periods they took more than the budget
 */
public record BudgetReport(
    double totalNanos, long frames, double spentNanos, long over, long periods, long exceeded) {

  /** Returns the time that is left; negative where more was spent. */
  public double leftNanos() {
    return totalNanos - spentNanos;
  }

  /** Returns how many periods were begun: those that are complete, and one that is not yet. */
  public long begun() {
    return periods + (running() ? 1 : 0);
  }

  /** Returns in how many of the periods that were begun frames took more than the budget. */
  public long tooMuch() {
    return exceeded + (running() && leftNanos() < 0 ? 1 : 0);
  }

  private boolean running() {
    return over < frames && (over > 0 || spentNanos > 0);
  }

  /** Returns whether frames took more than their budget, of this period or of one before. */
  public boolean broken() {
    return exceeded > 0 || leftNanos() < 0;
  }

  /** Returns the frames to come. */
  public long framesLeft() {
    return frames - over;
  }
}

package dev.sluice.experiments.report.compare;

import java.util.Objects;

/**
 * What became of one figure from a run to another.
 *
 * @param what the claim, or the table's column with its condition
 * @param before in the first run; NaN where it is not there
 * @param after in the second run; NaN where it is not there
 * @param low lower end of the interval of {@code after - before}; NaN where noise is unknown
 * @param high upper end of it
 * @param pairs how many paired measurements stand behind the interval; 0 for a claim
 * @param reason why the verdict is what it is, in words
 */
public record Difference(
    String what,
    double before,
    double after,
    double low,
    double high,
    int pairs,
    Verdict verdict,
    String reason) {
  /** What a difference means. */
  public enum Verdict {
    /** Worse beyond noise; a gate closes. */
    WORSE,
    /** There before, not any more; a gate closes, since a dropped figure cannot be judged. */
    GONE,
    /** Better beyond noise. */
    BETTER,
    /** Different, but how much is noise is not known. */
    CHANGED,
    /** Not there before. */
    NEW,
    /** No difference beyond noise. */
    SAME;

    /** Whether it is a step back. */
    public boolean isRegression() {
      return this == WORSE || this == GONE;
    }
  }

  public Difference {
    Objects.requireNonNull(what, "what");
    Objects.requireNonNull(verdict, "verdict");
    Objects.requireNonNull(reason, "reason");
  }
}

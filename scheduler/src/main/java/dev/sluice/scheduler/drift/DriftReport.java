package dev.sluice.scheduler.drift;

import java.util.Locale;

/**
 * What {@link DriftWatch} knows at one moment. Immutable; every number is finite.
 *
 * @param state how the stream compares with its calibration
 * @param evidence largest evidence of drift over what raises a flag, in [0, 1]
 * @param earlyShare share of the last few hundred answers that stopped at an early exit of the
 *     device, in [0, 1]; recent answers count most
 * @param expectedEarlyShare what calibration expects of it under the same plans, in [0, 1]
 * @param burstiness how many times the variance that the tables expect a mean over many answers
 *     has, because bursts are longer than theirs; at least 1
 * @param answers answers compared so far
 * @param ignored answers that told nothing: of plans that the tables cannot replay, at exits that
 *     are not active, with scores that do not stop there
 * @param flags how often a flag has been raised so far
 * @param sinceNanos when the present state was entered, on the caller's clock; 0 before any answer
 */
public record DriftReport(
    DriftState state,
    double evidence,
    double earlyShare,
    double expectedEarlyShare,
    double burstiness,
    long answers,
    long ignored,
    long flags,
    long sinceNanos) {

  public DriftReport {
    requireShare(evidence, "evidence");
    requireShare(earlyShare, "earlyShare");
    requireShare(expectedEarlyShare, "expectedEarlyShare");
    if (!(burstiness >= 1 && burstiness < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("burstiness must be at least 1: " + burstiness);
    }
    if (answers < 0 || ignored < 0 || flags < 0) {
      throw new IllegalArgumentException("counts must not be negative");
    }
  }

  private static void requireShare(double value, String name) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " must be in [0, 1]: " + value);
    }
  }

  /** Returns a sentence for people. */
  public String describe() {
    String rates =
        String.format(
            Locale.ROOT,
            "%.0f %% stop early, %.0f %% expected",
            100 * earlyShare,
            100 * expectedEarlyShare);
    return switch (state) {
      case UNWATCHED -> "exit rates are not watched yet";
      case AS_CALIBRATED -> "exit rates are as calibrated: " + rates;
      case DEEPER -> "samples are harder than calibrated: " + rates;
      case SHALLOWER -> "samples are easier than calibrated: " + rates;
      case OTHERWISE -> "exits are used otherwise than calibrated: " + rates;
      case COLLAPSED -> "exits hardly stop any more, perhaps under attack: " + rates;
    };
  }
}

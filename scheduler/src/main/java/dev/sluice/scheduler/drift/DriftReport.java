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
 * @param recentAnswers how many independent answers the two shares are worth, by the bursts of the
 *     tables, at least 0
 * @param answers answers compared so far
 * @param ignored answers that told nothing: of plans that the tables cannot replay or that have
 *     nothing to compare, at exits that are not active, with scores that do not stop there
 * @param flags how often a flag has been raised so far
 * @param sinceNanos when the present state was entered, on the caller's clock; 0 before any answer
 */
public record DriftReport(
    DriftState state,
    double evidence,
    double earlyShare,
    double expectedEarlyShare,
    double burstiness,
    double recentAnswers,
    long answers,
    long ignored,
    long flags,
    long sinceNanos) {
  private static final double MOST_ODDS = 50;
  private static final double LEAST_SHARE = 1.0 / 300;

  public DriftReport {
    requireShare(evidence, "evidence");
    requireShare(earlyShare, "earlyShare");
    requireShare(expectedEarlyShare, "expectedEarlyShare");
    if (!(burstiness >= 1 && burstiness < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("burstiness must be at least 1: " + burstiness);
    }
    if (!(recentAnswers >= 0 && recentAnswers < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("recentAnswers must not be negative: " + recentAnswers);
    }
    if (answers < 0 || ignored < 0 || flags < 0) {
      throw new IllegalArgumentException("counts must not be negative");
    }
  }

  /**
   * Returns the odds that a sample goes past the early exits of the device, over those that
   * calibration expects under the same plans. 1 unless a flag says that samples are harder or
   * easier: what is within chance is not followed.
   *
   * <p>One ratio of odds for all plans (McCullagh, "Regression Models for Ordinal Data", Journal of
   * the Royal Statistical Society B 42, 1980, proportional odds): a share is never scaled beyond 1.
   *
   * @return in [1/50, 50]
   */
  public double passOdds() {
    return followed()
        ? Math.max(
            1 / MOST_ODDS, Math.min(MOST_ODDS, odds(1 - earlyShare) / odds(1 - expectedEarlyShare)))
        : 1;
  }

  /**
   * Returns the standard deviation of the logarithm of {@link #passOdds}, at least 0; 0 while that
   * is 1, since then it is not estimated.
   *
   * <p>That of the logarithm of a share's odds (Woolf, "On estimating the relation between blood
   * group and disease", Annals of Human Genetics 19, 1955), widened by bursts. What the tables
   * expect has an error as well, which is small beside it: they have thousands of samples.
   */
  public double passOddsSd() {
    if (!followed() || recentAnswers == 0) {
      return 0;
    }
    double share = known(earlyShare);
    return Math.sqrt(burstiness / (recentAnswers * share * (1 - share)));
  }

  private boolean followed() {
    return switch (state) {
      case UNWATCHED, AS_CALIBRATED, OTHERWISE -> false;
      case DEEPER, COLLAPSED, SHALLOWER -> true;
    };
  }

  /** The shares speak of a few hundred samples: none in those is not none at all. */
  private static double known(double share) {
    return Math.max(LEAST_SHARE, Math.min(1 - LEAST_SHARE, share));
  }

  private static double odds(double share) {
    return known(share) / (1 - known(share));
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
      case UNWATCHED -> "exit rates tell nothing yet";
      case AS_CALIBRATED -> "exit rates are not shown to differ from calibration: " + rates;
      case DEEPER -> "samples are harder than calibrated: " + rates;
      case SHALLOWER -> "samples are easier than calibrated: " + rates;
      case OTHERWISE -> "exits are used otherwise than calibrated: " + rates;
      case COLLAPSED -> "exits hardly stop any more, perhaps under attack: " + rates;
    };
  }
}

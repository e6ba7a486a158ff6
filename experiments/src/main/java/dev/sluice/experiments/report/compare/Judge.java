package dev.sluice.experiments.report.compare;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.compare.Difference.Verdict;
import java.util.List;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * Says of a difference whether it is more than noise.
 *
 * <p>Many figures are judged at once, so each gets its share of the error (Bonferroni): all
 * together call a difference that is none with a probability of at most 5 %.
 *
 * @param figures how many are judged together, at least 1
 * @param margin relative change that is put up with, at least 0
 */
record Judge(int figures, double margin) {
  private static final double ERROR = 0.05;

  /** Quantile of the intervals that claims come with: 95 %, two-sided. */
  private static final double CLAIM_QUANTILE =
      new NormalDistribution().inverseCumulativeProbability(0.975);

  Judge {
    if (figures < 1 || !(margin >= 0)) {
      throw new IllegalArgumentException("figures %d, margin %s".formatted(figures, margin));
    }
  }

  private double upperQuantile() {
    return 1 - ERROR / figures / 2;
  }

  /**
   * Judges a claim by its intervals, which are independent of each other: the difference has the
   * squares of both errors (Schenker and Gentleman, "On Judging the Significance of Differences by
   * Examining the Overlap Between Confidence Intervals", The American Statistician 55, 2001).
   * Without intervals only a claim that ceases to hold is worse.
   */
  Difference claim(Claim before, Claim after) {
    double change = after.measured() - before.measured();
    if (Double.isFinite(before.measured()) && !Double.isFinite(after.measured())) {
      return unmeasured(before, after);
    }
    if (!Double.isFinite(change) || change == 0 || (!hasInterval(before) && !hasInterval(after))) {
      return withoutNoise(before, after);
    }
    double error = Math.hypot(error(before), error(after));
    double reach = error * new NormalDistribution().inverseCumulativeProbability(upperQuantile());
    int better = before.wanted().better();
    Verdict verdict =
        better == 0
            ? flipped(before, after)
            : verdict(change - reach, change + reach, better, before.measured());
    String reason =
        before.holds() && !holdsAsBefore(before, after)
            ? verdict == Verdict.WORSE ? "no longer holds" : "no longer holds, within noise"
            : "by the claim's intervals";
    return new Difference(
        before.name(),
        before.measured(),
        after.measured(),
        change - reach,
        change + reach,
        0,
        verdict,
        reason);
  }

  private static Difference unmeasured(Claim before, Claim after) {
    return new Difference(
        before.name(),
        before.measured(),
        after.measured(),
        Double.NaN,
        Double.NaN,
        0,
        Verdict.WORSE,
        "has no figure any more");
  }

  /** A bound that was loosened in between makes nothing hold. */
  private static boolean holdsAsBefore(Claim before, Claim after) {
    return before.wanted().holds(after.measured());
  }

  private static Difference withoutNoise(Claim before, Claim after) {
    boolean same = Double.compare(before.measured(), after.measured()) == 0;
    Verdict verdict = same ? Verdict.SAME : flipped(before, after);
    String reason =
        switch (verdict) {
          case SAME -> "equal";
          case WORSE -> "no longer holds";
          case BETTER -> "holds now";
          case CHANGED, GONE, NEW -> "has no interval";
        };
    return new Difference(
        before.name(),
        before.measured(),
        after.measured(),
        Double.NaN,
        Double.NaN,
        0,
        verdict,
        reason);
  }

  private static Verdict flipped(Claim before, Claim after) {
    boolean holds = holdsAsBefore(before, after);
    if (before.holds() == holds) {
      return Verdict.CHANGED;
    }
    return holds ? Verdict.BETTER : Verdict.WORSE;
  }

  static boolean hasInterval(Claim claim) {
    return claim.high() > claim.low();
  }

  private static double error(Claim claim) {
    return (claim.high() - claim.low()) / 2 / CLAIM_QUANTILE;
  }

  /**
   * Judges a measure by paired differences with Student's interval of their mean.
   *
   * @param what it is
   * @param before mean in the first run
   * @param changes one per block: after minus before
   * @param better 1 where more is better, -1 where less is
   */
  Difference measure(String what, double before, List<Double> changes, int better) {
    SummaryStatistics statistics = new SummaryStatistics();
    changes.forEach(statistics::addValue);
    double mean = statistics.getMean();
    int n = changes.size();
    if (n < 2) {
      return new Difference(
          what,
          before,
          before + mean,
          Double.NaN,
          Double.NaN,
          n,
          mean == 0 ? Verdict.SAME : Verdict.CHANGED,
          "one pair says nothing about noise");
    }
    double reach =
        new TDistribution(n - 1).inverseCumulativeProbability(upperQuantile())
            * statistics.getStandardDeviation()
            / Math.sqrt(n);
    return new Difference(
        what,
        before,
        before + mean,
        mean - reach,
        mean + reach,
        n,
        verdict(mean - reach, mean + reach, better, before),
        "by paired differences");
  }

  private Verdict verdict(double low, double high, int better, double before) {
    double allowed = margin * Math.abs(before);
    if (better > 0 ? high < -allowed : low > allowed) {
      return Verdict.WORSE;
    }
    if (better > 0 ? low > allowed : high < -allowed) {
      return Verdict.BETTER;
    }
    return Verdict.SAME;
  }
}

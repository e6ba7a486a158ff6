package dev.sluice.scheduler.drift;

/**
 * How confident answers are audited. Immutable.
 *
 * @param share of the confident answers of the device that are audited, in [0, 1]
 * @param nearWidth a score less than this above its threshold is near it, in [0, 1]
 * @param nearBoost how many times as likely an answer near its threshold is audited, at least 1
 * @param target agreement with the final exit that every exit's answers must have, in (0, 1)
 * @param confidence with which it must be shown, for all exits and recalibrations together, in
 *     (0.5, 1)
 * @param leastToLower audits from which a threshold may go below the plan's, at least 1
 * @param burstAnswers samples closer to one another than this are not independent, at least 1
 * @param mostAudits audits remembered, the latest ones, at least 1
 */
public record AuditOptions(
    double share,
    double nearWidth,
    double nearBoost,
    double target,
    double confidence,
    int leastToLower,
    int burstAnswers,
    int mostAudits) {
  public AuditOptions {
    require(share >= 0 && share <= 1, "share must be in [0, 1]", share);
    require(nearWidth >= 0 && nearWidth <= 1, "nearWidth must be in [0, 1]", nearWidth);
    require(
        nearBoost >= 1 && nearBoost < Double.POSITIVE_INFINITY,
        "nearBoost must be at least 1",
        nearBoost);
    require(target > 0 && target < 1, "target must be in (0, 1)", target);
    require(confidence > 0.5 && confidence < 1, "confidence must be in (0.5, 1)", confidence);
    require(leastToLower >= 1, "leastToLower must be positive", leastToLower);
    require(burstAnswers >= 1, "burstAnswers must be positive", burstAnswers);
    require(mostAudits >= 1, "mostAudits must be positive", mostAudits);
  }

  /**
   * Returns Sluice's own: 2 % audited, three times as often within 0.05 of the threshold, 97 %
   * agreement with 95 % confidence, 500 audits before a threshold is lowered, bursts of 30 answers,
   * the last 20,000 audits.
   */
  public static AuditOptions defaults() {
    return new AuditOptions(0.02, 0.05, 3, 0.97, 0.95, 500, 30, 20_000);
  }

  /** Returns the same for another share of the answers, in [0, 1]. */
  public AuditOptions withShare(double newShare) {
    return new AuditOptions(
        newShare, nearWidth, nearBoost, target, confidence, leastToLower, burstAnswers, mostAudits);
  }

  private static void require(boolean holds, String message, double value) {
    if (!holds) {
      throw new IllegalArgumentException(message + ": " + value);
    }
  }
}

package dev.sluice.scheduler.drift;

/**
 * How exit rates are watched. Immutable.
 *
 * @param falseAlarmAnswers answers per false alarm, on average at least, while the stream is as
 *     calibrated; at least 1,000. At ten frames a second a day has 864,000 answers
 * @param burstAnswers answers over which a stream is held to keep its difficulty, at least 1: where
 *     the tables' sequences are shorter on average (a sample of no sequence is one by itself), each
 *     of their rows stands for several answers. That bursts are longer is noticed, but only after
 *     some dozens of them: a camera with more frames a second than the tables' drives starts safer
 *     with as many answers as a scene lasts
 * @param tolerance drift not worth a flag, in [0, 1), as a difference between the chances that an
 *     answer comes from a deeper and from a shallower exit than calibration has it; with one exit
 *     that is the change of its rate
 * @param collapseShare a device exits so rarely that it may be under a slowdown attack when its
 *     rate of early exits is at most this share of the expected one, in (0, 1)
 * @param capFactor how much of the share that a plan is expected to send a device in that state may
 *     still send, positive and finite
 */
public record DriftOptions(
    long falseAlarmAnswers,
    int burstAnswers,
    double tolerance,
    double collapseShare,
    double capFactor) {
  public DriftOptions {
    if (falseAlarmAnswers < 1000) {
      throw new IllegalArgumentException(
          "falseAlarmAnswers must be at least 1000: " + falseAlarmAnswers);
    }
    if (burstAnswers < 1) {
      throw new IllegalArgumentException("burstAnswers must be positive: " + burstAnswers);
    }
    if (!(tolerance >= 0 && tolerance < 1)) {
      throw new IllegalArgumentException("tolerance must be in [0, 1): " + tolerance);
    }
    if (!(collapseShare > 0 && collapseShare < 1)) {
      throw new IllegalArgumentException("collapseShare must be in (0, 1): " + collapseShare);
    }
    if (!(capFactor > 0 && capFactor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("capFactor must be positive and finite: " + capFactor);
    }
  }

  /**
   * Returns Sluice's own: one false alarm in a million answers, bursts of 30 answers (a second of
   * video), two points of tolerance, collapse at half the expected rate, a cap at 1.25 times what
   * the plan is expected to send.
   */
  public static DriftOptions defaults() {
    return new DriftOptions(1_000_000, 30, 0.02, 0.5, 1.25);
  }
}

package dev.sluice.scheduler;

import java.util.random.RandomGenerator;

/**
 * When a device may respond to a change of the worker's load: after a random time, sooner the more
 * there is to gain. Not thread-safe.
 *
 * <p>All devices under one worker hear the same load, a second old. If all responded at once they
 * would move together, overshoot, and move back: the herd that stale load information makes
 * (Dahlin, "Interpreting Stale Load Information", ICDCS 1999; Mitzenmacher, "How Useful Is Old
 * Information?", IEEE TPDS 2000). If each responds at a rate in proportion to what it gains, and
 * seldom within the age of the information, the flow towards an equilibrium converges (Fischer and
 * Vöcking, "Adaptive Routing with Stale Information", PODC 2005, on smooth migration; here with
 * choices by exact prediction in place of sampling, and a least rate, so that small gains are found
 * too).
 *
 * <p>The response is the first event of a Poisson process whose rate is {@code urgency / mean}. The
 * wish may lapse and come back meanwhile: a Poisson process remembers nothing.
 */
final class Pace {
  private static final double LEAST_URGENCY = 0.2;

  /** A gap between decisions beyond this counts as this: nobody was asked meanwhile. */
  private static final long MOST_STEP_NANOS = 1_000_000_000;

  private final double meanNanos;
  private final RandomGenerator random;
  private boolean wishing;
  private double left;
  private long lastNanos;

  /**
   * Draws times.
   *
   * @param meanNanos mean time until a device responds that has everything to gain; 0 = at once
   */
  Pace(double meanNanos, RandomGenerator random) {
    this.meanNanos = meanNanos;
    this.random = random;
  }

  /**
   * Returns whether the time has come; asked at every decision as long as a change is wished.
   *
   * @param urgency relative gain of the change, cut to [0.2, 1]
   */
  boolean due(double urgency, long nowNanos) {
    if (meanNanos == 0) {
      return true;
    }
    if (!wishing) {
      wishing = true;
      left = random.nextExponential();
      lastNanos = nowNanos;
      return false;
    }
    long elapsed = Math.min(MOST_STEP_NANOS, Math.max(0, nowNanos - lastNanos));
    lastNanos = nowNanos;
    left -= Math.min(1, Math.max(LEAST_URGENCY, urgency)) * elapsed / meanNanos;
    return left <= 0;
  }

  /** Forgets the wish: it was granted, or there is none. */
  void rest() {
    wishing = false;
  }
}

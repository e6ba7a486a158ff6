package dev.sluice.scheduler.estimate;

/**
 * The uplink's rate as a log-normal belief that follows steps and forgets. Not thread-safe.
 *
 * <p>A Kalman filter on the logarithm of the rate, which is modelled as an Ornstein-Uhlenbeck
 * process: without samples the mean returns slowly to the long-run rate (so that a link left alone
 * after congestion is hoped for again) and the uncertainty grows to a bound. The observation noise
 * is learnt. One sample far outside the belief is clipped; a second one on the same side is taken
 * for a step and followed at once.
 */
final class RateEstimator {
  private static final double REVERSION_SECONDS = 40;
  private static final double LONG_RUN_SECONDS = 120;
  private static final double STATIONARY_VARIANCE = 0.6;
  private static final double SURPRISE_SDS = 3;
  private static final double LEAST_SURPRISE = 0.35;
  private static final double BELOW_BOUND = 0.3;
  private static final double AT_LEAST_SD = 0.3;
  private static final double SHARE_GAIN = 0.1;
  private static final double MOSTLY = 0.8;
  private static final double LEAST_NOISE_VARIANCE = 0.05 * 0.05;

  private double mean;
  private double longRun;
  private double variance = 1;
  private double noiseVariance = 0.1 * 0.1;
  private long updatedNanos;
  private long informedNanos;
  private boolean informed;
  private boolean climbing;

  /** Of the last samples, how many only showed that the rate is not less than so much; smoothed. */
  private double atLeastShare;

  private double suspectSide;
  private boolean missedBefore;

  RateEstimator(double priorBytesPerSecond) {
    mean = Math.log(priorBytesPerSecond);
    longRun = mean;
  }

  /** Whether any sample has told something of the rate. */
  boolean informed() {
    return informed;
  }

  /** Whether the last sample only showed that the rate is above what was believed. */
  boolean climbing() {
    return climbing;
  }

  /**
   * Whether the last samples, all but a few, only told that the rate is not less than so much: what
   * is sent is too small to measure it, and it may be far higher than believed.
   */
  boolean onlyAtLeast() {
    return atLeastShare > MOSTLY;
  }

  /** When a sample last did. */
  long informedNanos() {
    return informedNanos;
  }

  double logMean(long nowNanos) {
    return longRun + (mean - longRun) * persistence(nowNanos);
  }

  double sd(long nowNanos) {
    return Math.sqrt(variance(nowNanos));
  }

  /**
   * Takes in a measured rate.
   *
   * @param relativeSd the measurement's own relative standard deviation
   */
  void observe(double bytesPerSecond, double relativeSd, long nowNanos) {
    count(0);
    follow(bytesPerSecond, relativeSd, nowNanos);
  }

  private void count(double atLeast) {
    atLeastShare += SHARE_GAIN * (atLeast - atLeastShare);
  }

  private void follow(double bytesPerSecond, double relativeSd, long nowNanos) {
    double log = Math.log(bytesPerSecond);
    missedBefore = false;
    if (!informed) {
      mean = log;
      longRun = log;
      variance = noiseVariance + relativeSd * relativeSd;
      updatedNanos = nowNanos;
      inform(nowNanos);
      return;
    }
    advance(nowNanos);
    double noise = Math.max(noiseVariance, relativeSd * relativeSd);
    double innovation = log - mean;
    double surprise = Math.max(LEAST_SURPRISE, SURPRISE_SDS * Math.sqrt(variance + noise));
    if (Math.abs(innovation) > surprise) {
      if (suspectSide == Math.signum(innovation)) {
        variance = Math.max(variance, innovation * innovation);
      } else {
        suspectSide = Math.signum(innovation);
        innovation = suspectSide * surprise;
        variance = Math.max(variance, surprise * surprise / 4);
      }
    } else {
      suspectSide = 0;
      double excess = innovation * innovation - variance;
      noiseVariance =
          Math.max(LEAST_NOISE_VARIANCE, noiseVariance + 0.1 * (excess - noiseVariance));
    }
    double gain = variance / (variance + noise);
    mean += gain * innovation;
    variance *= 1 - gain;
    inform(nowNanos);
  }

  /** Takes in that the rate was at least this much: the transfer was too quick to measure. */
  void observeAtLeast(double bytesPerSecond, long nowNanos) {
    double log = Math.log(bytesPerSecond);
    count(1);
    if (!informed || log > logMean(nowNanos)) {
      follow(bytesPerSecond, AT_LEAST_SD, nowNanos);
      climbing = true;
    } else {
      advance(nowNanos);
      if (log > mean - Math.log(2)) {
        variance = Math.min(variance, AT_LEAST_SD * AT_LEAST_SD);
      }
      suspectSide = 0;
      missedBefore = false;
      inform(nowNanos);
    }
  }

  /**
   * Takes in that a probe passed at this rate at least: the belief moves up there at once, since
   * nothing comes back sooner than the link allows.
   */
  void raise(double bytesPerSecond, long nowNanos) {
    double log = Math.log(bytesPerSecond);
    if (!informed || log <= logMean(nowNanos)) {
      observeAtLeast(bytesPerSecond, nowNanos);
      return;
    }
    advance(nowNanos);
    mean = log;
    variance = AT_LEAST_SD * AT_LEAST_SD;
    suspectSide = 0;
    missedBefore = false;
    inform(nowNanos);
  }

  /**
   * Takes in that the rate was at most this much: the transfer did not end in time. That names only
   * a bound, so the belief moves below it, to where a normal belief of that width has its mean once
   * cut off there. A single one may be a stall and counts little.
   */
  void observeAtMost(double bytesPerSecond, long nowNanos) {
    double below = Math.log(bytesPerSecond) - BELOW_BOUND;
    if (below >= logMean(nowNanos)) {
      return;
    }
    if (missedBefore) {
      count(0);
      advance(nowNanos);
      mean = below;
      variance = Math.max(variance, BELOW_BOUND * BELOW_BOUND);
      inform(nowNanos);
    } else {
      observe(Math.exp(below), 0.5, nowNanos);
    }
    missedBefore = true;
  }

  /** Widens the belief, before samples are told again. */
  void doubt(long nowNanos) {
    if (informed) {
      advance(nowNanos);
      variance = Math.max(variance, 1);
      suspectSide = 0;
    }
  }

  private void inform(long nowNanos) {
    informed = true;
    climbing = false;
    informedNanos = nowNanos;
  }

  private void advance(long nowNanos) {
    double elapsed = seconds(nowNanos);
    double newMean = logMean(nowNanos);
    variance = variance(nowNanos);
    mean = newMean;
    longRun += (mean - longRun) * (1 - Math.exp(-elapsed / LONG_RUN_SECONDS));
    updatedNanos = Math.max(updatedNanos, nowNanos);
  }

  private double variance(long nowNanos) {
    if (!informed) {
      return variance;
    }
    double kept = persistence(nowNanos);
    return kept * kept * variance + (1 - kept * kept) * STATIONARY_VARIANCE;
  }

  private double persistence(long nowNanos) {
    return Math.exp(-seconds(nowNanos) / REVERSION_SECONDS);
  }

  /* A clock that jumps back counts as standing still. */
  private double seconds(long nowNanos) {
    return informed ? Math.max(0, nowNanos - updatedNanos) / 1e9 : 0;
  }
}

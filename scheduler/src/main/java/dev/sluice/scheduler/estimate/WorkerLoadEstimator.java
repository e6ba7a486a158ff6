package dev.sluice.scheduler.estimate;

/**
 * The worker's load from its reports and from how long answers waited there. Not thread-safe.
 *
 * <p>The device's own share is its answers' compute, averaged as the worker averages its busy time
 * (weights that halve in a second), so that a device that leaves sees its own load go with it. It
 * counts one computing thread; a worker with more reports a smaller share, which bounds it. A
 * measured wait is carried over to the load of now by the formula of {@link WorkerLoad}, so that a
 * report is heeded before answers are late.
 *
 * <p>The queue's length in a report is left out: without the number of computing threads it says
 * nothing that the utilisation does not.
 */
final class WorkerLoadEstimator {
  private static final double HALF_LIFE_NANOS = 1e9;
  private static final double FRESH_HALF_LIFE_NANOS = 2e9;
  private static final double WAIT_GAIN = 0.3;
  private static final double SERVICE_GAIN = 0.2;
  private static final double SPREAD_GAIN = 0.2;
  private static final double MEMORY = 0.95;

  /** Weight of the formula's own scale against measured waits, in units of its shape. */
  private static final double PRIOR_SHAPE = 0.5;

  /** With hardly any load by others, waits say nothing of what their load would add. */
  private static final double LEAST_SHAPE = 0.1;

  /** A queue's scale is the service time's, times its spread; more is a mistaken own share. */
  private static final double MOST_SERVICES = 5;

  private static final double LEAST_SD = 0.02;

  /** A worker that is busy for so much of the time has a queue that hardly ever empties. */
  private static final double SATURATED = 0.9;

  private boolean told;
  private double utilisation;
  private double variance = LEAST_SD * LEAST_SD;

  /** Whether a wait is known, of an answer or of a request that waited in vain. */
  private boolean answered;

  /** Whether an answer has told the service time. */
  private boolean served;

  private long answeredNanos;
  private double waitNanos;

  /** Shape of the load under which {@link #waitNanos} was met, averaged alike. */
  private double shapeMet;

  private double serviceNanos;
  private double waits;
  private double shapes;

  private double ownBusy;
  private long ownNanos;

  /** The worker says how busy it is; what is not a share is ignored. */
  void onReport(double busyFraction) {
    if (!(busyFraction >= 0 && busyFraction <= 1)) {
      return;
    }
    if (told) {
      double step = busyFraction - utilisation;
      variance += SPREAD_GAIN * (step * step / 2 - variance);
    }
    told = true;
    utilisation = busyFraction;
  }

  /** An answer waited and was computed so long, both sane. */
  void onAnswer(long queueNanos, long computeNanos, long nowNanos) {
    double shape = shape(nowNanos);
    double gain = answered ? WAIT_GAIN : 1;
    waitNanos += gain * (queueNanos - waitNanos);
    shapeMet += gain * (shape - shapeMet);
    serviceNanos += (served ? SERVICE_GAIN : 1) * (computeNanos - serviceNanos);
    answered = true;
    served = true;
    answeredNanos = nowNanos;
    ownBusy = ownBusy(nowNanos) + computeNanos * Math.log(2) / HALF_LIFE_NANOS;
    ownNanos = nowNanos;
    if (shape >= LEAST_SHAPE) {
      waits = MEMORY * waits + queueNanos;
      shapes = MEMORY * shapes + shape;
    }
  }

  /** Whether the worker told that it is busy all the time. */
  boolean saturated() {
    return told && utilisation >= SATURATED;
  }

  /**
   * No answer came to a request that waited and was computed for so long at least. It is held to
   * have half of its wait behind it: a wait that is known to exceed a bound does so by as much in
   * the median where waits are spread widely.
   */
  void onNoAnswer(double leastNanos, long nowNanos) {
    double queueNanos = 2 * (leastNanos - serviceNanos);
    if (queueNanos <= waitNanos(nowNanos)) {
      return;
    }
    double shape = shape(nowNanos);
    double gain = answered ? WAIT_GAIN : 1;
    waitNanos += gain * (queueNanos - waitNanos);
    shapeMet += gain * (shape - shapeMet);
    answered = true;
    answeredNanos = nowNanos;
    if (queueNanos * shapes >= waits * shape) {
      waits = MEMORY * waits + queueNanos;
      shapes = MEMORY * shapes + shape;
    }
  }

  /** Mean wait of the last answers as it would be under the load of now; 0 before the first. */
  double waitNanos(long nowNanos) {
    return Math.max(0, waitNanos + scaleNanos() * (shape(nowNanos) - shapeMet));
  }

  private double shape(long nowNanos) {
    return WorkerLoad.shape(utilisation - ownShare(nowNanos), utilisation);
  }

  private double scaleNanos() {
    return answered
        ? Math.min(
            served ? MOST_SERVICES * serviceNanos : Double.POSITIVE_INFINITY,
            (waits + PRIOR_SHAPE * serviceNanos) / (shapes + PRIOR_SHAPE))
        : 0;
  }

  WorkerLoad at(long nowNanos) {
    if (!told) {
      return WorkerLoad.UNTOLD;
    }
    double freshness = answered ? decay(nowNanos - answeredNanos, FRESH_HALF_LIFE_NANOS) : 0;
    double sd = Math.min(1, Math.sqrt(Math.max(LEAST_SD * LEAST_SD, variance)));
    return new WorkerLoad(utilisation, sd, ownShare(nowNanos), scaleNanos(), freshness);
  }

  private double ownShare(long nowNanos) {
    return Math.min(utilisation, ownBusy(nowNanos));
  }

  private double ownBusy(long nowNanos) {
    return ownBusy * decay(nowNanos - ownNanos, HALF_LIFE_NANOS);
  }

  /* A clock that jumps back counts as standing still. */
  private static double decay(long elapsedNanos, double halfLifeNanos) {
    return Math.exp(-Math.max(0, elapsedNanos) * Math.log(2) / halfLifeNanos);
  }
}

package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.WorkerLoad;

/**
 * How long samples wait at the worker: what was measured, and what a plan's own load and the
 * others' add to it ({@link WorkerLoad}). A plan that keeps the worker less busy waits less, and
 * the more so the busier the worker is. Immutable.
 *
 * <p>With caution the others may have become more than was told, and the wait is taken a standard
 * deviation longer: what the others make of it varies about as much as it is long, as waits in
 * queues do.
 *
 * @param worker its load
 * @param measuredNanos wait of the last requests, at least 0
 * @param networkNanos the worker's time for the whole network as it is now; stands in for the time
 *     that others' requests take while nothing tells
 * @param workerScale measured over profiled time
 * @param periodNanos time between frames; 0 = unknown
 * @param caution in [0, 1]; 0 takes the central estimates
 */
record WorkerWait(
    WorkerLoad worker,
    long measuredNanos,
    double networkNanos,
    double workerScale,
    long periodNanos,
    double caution) {

  /**
   * Returns the waits under estimates.
   *
   * @param networkNanos the worker's time for the whole network at scale 1, at least 0
   */
  static WorkerWait of(Estimates estimates, double networkNanos, double caution) {
    return new WorkerWait(
        estimates.worker(),
        estimates.workerQueueNanos(),
        networkNanos * estimates.workerScale(),
        estimates.workerScale(),
        estimates.framePeriodNanos(),
        caution);
  }

  /**
   * Returns the wait of a sample that is sent, at least 0; never less for more work.
   *
   * @param frameNanos worker's compute per frame at scale 1, averaged over all frames, at least 0
   * @param paceNanos time between frames at the plan's own pace; 0 = unknown
   */
  double nanos(double frameNanos, long paceNanos) {
    if (worker.utilisation() == 0 && worker.freshness() == 1 && worker.utilisationSd() == 0) {
      return (double) measuredNanos;
    }
    double own = paceNanos == 0 ? worker.ownShare() : frameNanos * workerScale / (double) paceNanos;
    double mean =
        worker.waitNanos(
            (double) measuredNanos, networkNanos, own, caution * worker.utilisationSd());
    double random = worker.utilisation() == 0 ? 0 : worker.others() / worker.utilisation();
    return mean * (1 + caution * random);
  }

  /** Returns what that cannot be below, whatever the plan. */
  double leastNanos() {
    return nanos(0, periodNanos);
  }
}

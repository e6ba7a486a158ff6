package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.WorkerLoad;

/**
 * How long a plan's samples wait at the worker: what was measured, and what the plan's own load and
 * the others' add to it ({@link WorkerLoad}). The plan that sends less, or stops earlier at the
 * worker, waits less, and the more so the busier the worker is.
 */
final class WorkerWait {
  private WorkerWait() {}

  /**
   * Returns the wait of a sample that is sent.
   *
   * <p>With caution the others may have become more than was told, and the wait is taken a standard
   * deviation longer: what the others make of it varies about as much as it is long, as waits in
   * queues do.
   *
   * @param frameNanos worker's compute per frame at scale 1, averaged over all frames, at least 0
   * @param offloadedShare share of frames that are sent, in [0, 1]
   * @param caution in [0, 1]; 0 takes the central estimates
   * @return at least 0
   */
  static long nanos(double frameNanos, double offloadedShare, Estimates estimates, double caution) {
    WorkerLoad worker = estimates.worker();
    double nanos = frameNanos * estimates.workerScale();
    double own =
        estimates.framePeriodNanos() == 0
            ? worker.ownShare()
            : nanos / estimates.framePeriodNanos();
    double mean =
        worker.waitNanos(
            (double) estimates.workerQueueNanos(),
            offloadedShare == 0 ? 0 : nanos / offloadedShare,
            own,
            caution * worker.utilisationSd());
    double random = worker.utilisation() == 0 ? 0 : worker.others() / worker.utilisation();
    return Math.round(mean * (1 + caution * random));
  }
}

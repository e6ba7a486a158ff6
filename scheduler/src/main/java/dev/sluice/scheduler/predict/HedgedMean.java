package dev.sluice.scheduler.predict;

/**
 * What a plan's mean latency is at least where the device goes on alone after sending, and answers
 * itself if it is sooner. Queueing and slow start are left out. Immutable.
 *
 * <p>Sums over the rows, apart for those that stay and, of those that are sent, by the exit that
 * would stop them on the device; all divided by the number of rows.
 */
final class HedgedMean {
  private final Behaviour plan;
  private final double stayNanos;
  private final double[] share;
  private final double[] bytes;
  private final double[] workerNanos;

  HedgedMean(Behaviour plan) {
    this.plan = plan;
    int rows = plan.stop.length;
    boolean known = plan.own.length > 0;
    int groups = known ? plan.costs.hedge.length : 1;
    share = new double[groups];
    bytes = new double[groups];
    workerNanos = new double[groups];
    double stay = 0;
    for (int row = 0; row < rows; row++) {
      if (plan.sends(row)) {
        int group = known ? plan.own[row] : 0;
        share[group] += 1.0 / rows;
        bytes[group] += (double) plan.shipment.bytes(row) / rows;
        workerNanos[group] += plan.workerNanos(row) / rows;
      } else {
        stay += plan.deviceNanos(row) / rows;
      }
    }
    stayNanos = stay;
  }

  double atLeast(Replay.Conditions met) {
    double nanosPerByte = 1 / met.bytesPerNano();
    double base =
        plan.costs.deviceSent * met.deviceScale()
            + met.roundTripNanos()
            + met.workerWait().leastNanos();
    double least =
        base + plan.leastBytes * nanosPerByte + plan.costs.leastWorker * met.workerScale();
    double most = base + plan.mostBytes * nanosPerByte + plan.mostWorkerNanos * met.workerScale();
    double mean = stayNanos * met.deviceScale();
    for (int group = 0; group < share.length; group++) {
      double own = plan.own.length > 0 ? plan.hedgedAt(group, met) : Double.POSITIVE_INFINITY;
      /* A device that is later than every reply which waits for nothing is never sooner. */
      mean +=
          own >= most
              ? share[group] * base
                  + bytes[group] * nanosPerByte
                  + workerNanos[group] * met.workerScale()
              : share[group] * Math.min(least, own);
    }
    return mean;
  }
}

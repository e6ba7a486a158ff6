package dev.sluice.protocol.pool;

import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.WorkerStamps;

/**
 * How long a request to one worker would take now, as far as that differs between workers. Not
 * thread-safe.
 *
 * <pre>
 *   wait = round trip + compute + (queued + sent since) * drain
 * </pre>
 *
 * <p>Round trip: bare pings, smoothed as in RFC 6298 (1/8). Compute: measured, smoothed; before the
 * first answer what the pool's other workers need, times the reported scale. Queued: the last load
 * report; sent since: this client's requests that it does not count yet. Drain: how long one queued
 * request holds up the next; measured waiting over reported queue, and the compute time where no
 * queue was seen. With many threads at the worker it is a small part of the compute time.
 */
final class ExpectedWait {
  /** A guess that only matters until the first answer of any worker. */
  static final double UNKNOWN_COMPUTE_NANOS = 5e6;

  private static final double SMOOTHING = 1.0 / 8;
  private static final double MEMORY = 0.9;
  private static final double ENOUGH_QUEUE_SEEN = 2;

  private double roundTripNanos;
  private double computeNanos;
  private double waitedNanos;
  private double queueSeen;
  private LoadReport load = LoadReport.IDLE;
  private int sentSince;

  void onRoundTrip(long nanos) {
    roundTripNanos =
        roundTripNanos == 0
            ? nanos
            : roundTripNanos + SMOOTHING * ((double) nanos - roundTripNanos);
  }

  void onLoad(LoadReport report) {
    load = report;
    sentSince = 0;
  }

  void onSent() {
    sentSince++;
  }

  void onEnded() {
    sentSince = Math.max(0, sentSince - 1);
  }

  void onAnswer(WorkerStamps stamps, LoadReport report) {
    double computed = Math.max(0, stamps.endNanos() - stamps.startNanos());
    computeNanos =
        computeNanos == 0 ? computed : computeNanos + SMOOTHING * (computed - computeNanos);
    waitedNanos = MEMORY * waitedNanos + Math.max(0, stamps.startNanos() - stamps.lastByteNanos());
    queueSeen = MEMORY * queueSeen + load.queued();
    onLoad(report);
  }

  /** Returns the measured compute time, 0 before the first answer. */
  double computeNanos() {
    return computeNanos;
  }

  long roundTripNanos() {
    return (long) roundTripNanos;
  }

  int queued() {
    return load.queued();
  }

  /**
   * Returns the expected wait.
   *
   * @param elsewhereNanos compute time at other workers, for one that has not answered yet
   */
  double nanos(double elsewhereNanos) {
    double compute = computeNanos > 0 ? computeNanos : elsewhereNanos * load.computeScale();
    double drain =
        queueSeen >= ENOUGH_QUEUE_SEEN ? Math.min(compute, waitedNanos / queueSeen) : compute;
    return roundTripNanos + compute + ((double) load.queued() + sentSince) * drain;
  }
}

package dev.sluice.experiments.fleet;

/**
 * What became of a fleet's frames. Shares are of all frames that counted.
 *
 * <p>Immutable once made; its histogram is not handed out.
 */
public final class FleetResult {
  private final SiteTally tally;
  private final int threadsPerWorker;
  private final long measuredNanos;

  FleetResult(SiteTally tally, int threadsPerWorker, long measuredNanos) {
    this.tally = tally;
    this.threadsPerWorker = threadsPerWorker;
    this.measuredNanos = measuredNanos;
  }

  private double share(long count) {
    return tally.frames == 0 ? 0 : (double) count / tally.frames;
  }

  /** Devices. */
  public long devices() {
    return tally.devices;
  }

  /** Workers. */
  public long workers() {
    return tally.workers;
  }

  /** Frames that were answered, or dropped, in the time that counts. */
  public long frames() {
    return tally.frames;
  }

  /** All frames and replies that were simulated, the warm-up included. */
  public long events() {
    return tally.events;
  }

  /**
   * Latency that a percentage of the frames does not exceed; a frame without a prediction counts
   * with twice its deadline.
   *
   * @param percent in [0, 100]
   */
  public double latencyNanos(double percent) {
    return tally.frames == 0 ? 0 : (double) tally.latencies.getValueAtPercentile(percent);
  }

  /** Mean latency. */
  public double meanLatencyNanos() {
    return tally.frames == 0 ? 0 : tally.latencies.getMean();
  }

  /** Share answered after the deadline, or not at all. */
  public double lateShare() {
    return share(tally.late);
  }

  /** Share without a prediction. */
  public double droppedShare() {
    return share(tally.dropped);
  }

  /** Share that the device answered by itself though the plan was another. */
  public double degradedShare() {
    return share(tally.degraded);
  }

  /** Share sent to a worker. */
  public double offloadShare() {
    return share(tally.sent);
  }

  /** Share answered by a worker. */
  public double cloudShare() {
    return share(tally.fromCloud);
  }

  /** Share of right answers. */
  public double accuracy() {
    return share(tally.right);
  }

  /** The same if the whole network had answered every frame. */
  public double uncutAccuracy() {
    return share(tally.uncutRight);
  }

  /** Bytes of requests per frame, envelopes included, probes not. */
  public double uplinkBytesPerFrame() {
    return share(tally.uplinkBytes);
  }

  /** Bytes of probes per frame, over the whole run. */
  public double probeBytesPerFrame() {
    return share(tally.probeBytes);
  }

  /** Workers' compute per frame, answers that came too late included. */
  public double workerNanosPerFrame() {
    return share(tally.busyNanos);
  }

  /** Share of the workers' time in which they computed. */
  public double busyShare() {
    double capacity = (double) tally.workers * threadsPerWorker * measuredNanos;
    return tally.busyNanos / capacity;
  }

  /** Share of the requests at a worker that it did not compute. */
  public double refusedShare() {
    return tally.submitted == 0 ? 0 : (double) tally.refused / tally.submitted;
  }

  /** Changes of plan per device and minute. */
  public double changesPerDeviceMinute() {
    return tally.planChanges * 60e9 / measuredNanos / Math.max(1, tally.devices);
  }
}

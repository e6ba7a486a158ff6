package dev.sluice.experiments.fleet;

/**
 * What became of the frames of some devices. Shares are of all frames that counted.
 *
 * <p>Immutable once made; its histogram is not handed out.
 */
public sealed class FrameFigures permits FleetResult {
  private final FrameTally tally;
  private final long measuredNanos;

  FrameFigures(FrameTally tally, long measuredNanos) {
    this.tally = tally;
    this.measuredNanos = measuredNanos;
  }

  final double share(long count) {
    return tally.frames == 0 ? 0 : (double) count / tally.frames;
  }

  /** Devices. */
  public final long devices() {
    return tally.devices;
  }

  /** Frames that were answered, or dropped, in the time that counts. */
  public final long frames() {
    return tally.frames;
  }

  /**
   * Latency that a percentage of the frames does not exceed; a frame without a prediction counts
   * with twice its deadline.
   *
   * @param percent in [0, 100]
   */
  public final double latencyNanos(double percent) {
    return tally.frames == 0 ? 0 : (double) tally.latencies.getValueAtPercentile(percent);
  }

  /** Mean latency. */
  public final double meanLatencyNanos() {
    return tally.frames == 0 ? 0 : tally.latencies.getMean();
  }

  /** Share answered after the deadline, or not at all. */
  public final double lateShare() {
    return share(tally.late);
  }

  /** Share without a prediction. */
  public final double droppedShare() {
    return share(tally.dropped);
  }

  /** Share that the device answered by itself though the plan was another. */
  public final double degradedShare() {
    return share(tally.degraded);
  }

  /** Share sent to a worker. */
  public final double offloadShare() {
    return share(tally.sent);
  }

  /** Share answered by a worker. */
  public final double cloudShare() {
    return share(tally.fromCloud);
  }

  /** Share of right answers. */
  public final double accuracy() {
    return share(tally.right);
  }

  /** The same if the whole network had answered every frame. */
  public final double uncutAccuracy() {
    return share(tally.uncutRight);
  }

  /** Bytes of requests per frame, envelopes included, probes not. */
  public final double uplinkBytesPerFrame() {
    return share(tally.uplinkBytes);
  }

  /** Bytes of probes per frame, over the whole run. */
  public final double probeBytesPerFrame() {
    return share(tally.probeBytes);
  }

  /** Changes of plan per device and minute. */
  public final double changesPerDeviceMinute() {
    return tally.planChanges * 60e9 / measuredNanos / Math.max(1, tally.devices);
  }
}

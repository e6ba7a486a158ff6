package dev.sluice.scheduler.plan;

import com.fasterxml.jackson.annotation.JsonIgnore;

/**
 * What the scheduler expects of a plan under given estimates. Immutable.
 *
 * @param latency latencies over the calibration samples, queueing included, with the link at its
 *     cautious estimate (see {@code Predictor})
 * @param meanLatencyNanos mean latency with the link at its central estimate
 * @param accuracy share of right answers on the SELECT table, in [0, 1]
 * @param finalAccuracy the uncut network's on the same samples
 * @param accuracyLowerBound one-sided 95 % lower bound of the plan's accuracy on the CERTIFY table
 * @param differenceLowerBound the same bound of the paired difference, plan minus uncut network
 * @param workerComputeNanos worker's compute per frame, averaged over all frames
 * @param uplinkBytes bytes sent per frame, averaged over all frames
 * @param deviceComputeNanos device's compute per frame, averaged over all frames
 * @param offloadedShare share of frames sent to the cloud, in [0, 1]
 * @param deviceUtilisation device's busy share at the frame period; 0 where the period is unknown
 * @param uplinkUtilisation the uplink's busy share at the frame period; 0 where it is unknown
 */
public record Prediction(
    @JsonIgnore LatencyDistribution latency,
    double meanLatencyNanos,
    double accuracy,
    double finalAccuracy,
    double accuracyLowerBound,
    double differenceLowerBound,
    double workerComputeNanos,
    double uplinkBytes,
    double deviceComputeNanos,
    double offloadedShare,
    double deviceUtilisation,
    double uplinkUtilisation) {

  /** Busy share from which a queue is held to grow without end. */
  public static final double OVERLOAD = 0.95;

  /** Returns the median latency. */
  public long p50LatencyNanos() {
    return latency.percentileNanos(50);
  }

  /** Returns the 95th percentile of the latency. */
  public long p95LatencyNanos() {
    return latency.percentileNanos(95);
  }

  /** Returns whether device or uplink could not keep up with the frames. */
  public boolean overloaded() {
    return deviceUtilisation >= OVERLOAD || uplinkUtilisation >= OVERLOAD;
  }
}

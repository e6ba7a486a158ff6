package dev.sluice.scheduler.plan;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sluice.scheduler.energy.EnergyPerFrame;
import java.util.OptionalLong;

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
 * @param throughputFramesPerSecond frames that can be answered for ever, whatever the frame period;
 *     infinite where nothing limits them
 * @param deviceEnergy the device's energy per frame, with the link at its central estimate
 * @param uplinkBytesPerMonth bytes sent in 30 days at the frame period, with what the link takes
 *     beside requests where the objective bounds them; infinite where the period is unknown and
 *     anything is sent
 * @param deviceMemoryBytes what the device needs; empty where nobody said
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
    double uplinkUtilisation,
    double throughputFramesPerSecond,
    EnergyPerFrame deviceEnergy,
    double uplinkBytesPerMonth,
    @JsonIgnore OptionalLong deviceMemoryBytes) {

  /** Makes a prediction that says nothing of throughput, energy, months and memory. */
  public Prediction(
      LatencyDistribution latency,
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
    this(
        latency,
        meanLatencyNanos,
        accuracy,
        finalAccuracy,
        accuracyLowerBound,
        differenceLowerBound,
        workerComputeNanos,
        uplinkBytes,
        deviceComputeNanos,
        offloadedShare,
        deviceUtilisation,
        uplinkUtilisation,
        0,
        EnergyPerFrame.NONE,
        0,
        OptionalLong.empty());
  }

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

package dev.sluice.experiments.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a stream of requests, or a part of one, was served. Immutable.
 *
 * <p>Percentiles are over the answers that carry a prediction, so a strategy that drops frames can
 * have a good p95: {@code rightInTime} is the figure that nothing escapes, because there an answer
 * that is missing, dropped, late or wrong counts as wrong.
 *
 * @param requests frames offered
 * @param answered distinct frames with an answer, dropped ones included
 * @param lost frames without any answer
 * @param surplus answers to frames that had one already, or that were never asked
 * @param degraded answers that are fallbacks
 * @param dropped answers without a prediction, because the device could not keep up
 * @param late predictions after the deadline
 * @param right right predictions, late ones included
 * @param rightInTime right predictions by the deadline
 * @param uncutRight frames on which the uncut network is right
 * @param offloaded answers that the worker computed
 * @param p50Nanos median latency of the predictions, 0 where there are none
 * @param p95Nanos 95th percentile of the same
 * @param p99Nanos 99th percentile of the same
 * @param deadlineNanos the deadline, from capture
 * @param bytes bytes sent
 * @param workerComputeNanos compute spent by the worker
 * @param exits answers by exit and place
 * @param plans answers by plan
 */
public record Score(
    int requests,
    int answered,
    int lost,
    int surplus,
    int degraded,
    int dropped,
    int late,
    int right,
    int rightInTime,
    int uncutRight,
    int offloaded,
    long p50Nanos,
    long p95Nanos,
    long p99Nanos,
    long deadlineNanos,
    long bytes,
    long workerComputeNanos,
    Map<String, Integer> exits,
    Map<String, Integer> plans) {

  public Score {
    exits = Collections.unmodifiableMap(new LinkedHashMap<>(exits));
    plans = Collections.unmodifiableMap(new LinkedHashMap<>(plans));
  }

  /** Answers with a prediction. */
  public int predictions() {
    return answered - dropped;
  }

  /** Predictions by the deadline. */
  public int inTime() {
    return predictions() - late;
  }

  /** Share of requests with a prediction by the deadline, in {@code [0, 1]}. */
  public double inTimeShare() {
    return share(inTime(), requests);
  }

  /** Share of requests answered rightly by the deadline, in {@code [0, 1]}. */
  public double rightInTimeShare() {
    return share(rightInTime, requests);
  }

  /** Share of right answers among the predictions, in {@code [0, 1]}. */
  public double accuracy() {
    return share(right, predictions());
  }

  /** Share of the requests that the uncut network gets right, in {@code [0, 1]}. */
  public double uncutAccuracy() {
    return share(uncutRight, requests);
  }

  /** Share of the predictions that the worker computed, in {@code [0, 1]}. */
  public double offloadedShare() {
    return share(offloaded, predictions());
  }

  /** Mean bytes sent per prediction. */
  public double bytesPerAnswer() {
    return predictions() == 0 ? 0 : (double) bytes / predictions();
  }

  /**
   * Whether the p95 goal holds over every request: a request without a prediction counts as
   * infinitely late.
   */
  public boolean inTimeAtP95() {
    return inTimeShare() >= 0.95;
  }

  private static double share(int part, int whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}

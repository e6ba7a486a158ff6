package dev.sluice.experiments.study.replay;

import dev.sluice.scheduler.objective.Metric;

/**
 * What a replayed stream came to. Immutable; means are per frame.
 *
 * @param frames how many were asked, all of them answered once
 * @param late answered after the deadline, or not at all
 * @param dropped without a prediction
 * @param degraded answered by the device because the plan's way was too slow
 * @param fromCloud answered by the worker
 * @param right answered rightly
 * @param uncutRight that the uncut network gets right
 * @param p95Nanos 95th percentile of the latency
 * @param meanNanos mean latency
 * @param workerNanos worker's compute, in vain or not
 * @param deviceNanos device's compute, in vain or not
 * @param uplinkBytes bytes of requests put on the link, in vain or not; probes too where the
 *     planner learns from them
 * @param probes that were sent
 * @param planChanges how often the plan was changed
 */
public record Outcome(
    int frames,
    int late,
    int dropped,
    int degraded,
    int fromCloud,
    int right,
    int uncutRight,
    double p95Nanos,
    double meanNanos,
    double workerNanos,
    double deviceNanos,
    double uplinkBytes,
    long probes,
    long planChanges) {

  public double lateShare() {
    return (double) late / frames;
  }

  public double accuracy() {
    return (double) right / frames;
  }

  /** Accuracy minus the uncut network's on the same frames. */
  public double difference() {
    return (double) (right - uncutRight) / frames;
  }

  /** Returns one metric as it was measured, in its base unit. */
  public double value(Metric metric) {
    return switch (metric.kind()) {
      case MEAN_LATENCY -> meanNanos;
      case ACCURACY -> accuracy();
      case WORKER_COMPUTE -> workerNanos;
      case UPLINK_BYTES -> uplinkBytes;
      case DEVICE_COMPUTE -> deviceNanos;
      case LATENCY_PERCENTILE -> {
        if (metric.percent() != 95) {
          throw new IllegalArgumentException("only the 95th percentile is kept: " + metric);
        }
        yield p95Nanos;
      }
      case DEADLINE_MISSES, THROUGHPUT, DEVICE_ENERGY, DEVICE_MEMORY, MONTHLY_UPLINK_BYTES ->
          throw new IllegalArgumentException("not kept of a stream: " + metric);
    };
  }

  /** Whether the question's constraints held on this stream. */
  public boolean holds(Question question) {
    return holds(question.mostLate(), question.leastDifference());
  }

  /**
   * Whether bounds held on this stream.
   *
   * @param mostLate largest share of late answers
   * @param leastDifference least accuracy minus the uncut network's
   */
  public boolean holds(double mostLate, double leastDifference) {
    return lateShare() <= mostLate + 1e-9 && difference() >= leastDifference - 1e-9;
  }
}

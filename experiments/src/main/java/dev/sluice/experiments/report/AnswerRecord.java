package dev.sluice.experiments.report;

import java.util.Objects;

/**
 * One answer as the caller of a stream saw it. Immutable.
 *
 * @param id the frame's number
 * @param label predicted class, or -1 where the frame was dropped
 * @param exit exit taken, or -1 where the frame was dropped
 * @param place where the answer was computed
 * @param plan the plan that served the frame, in words
 * @param degraded whether the answer is a fallback rather than what the plan asked for
 * @param dropped whether the device was too busy to predict anything
 * @param latencyNanos capture to answer, at least 0
 * @param bytesSent bytes sent for this frame, at least 0
 * @param workerComputeNanos compute spent by the worker on the frame, at least 0
 */
public record AnswerRecord(
    long id,
    int label,
    int exit,
    Place place,
    String plan,
    boolean degraded,
    boolean dropped,
    long latencyNanos,
    long bytesSent,
    long workerComputeNanos) {

  /** Where an answer was computed. */
  public enum Place {
    DEVICE,
    CLOUD,
    NOWHERE
  }

  /** Returns the same answer, or none where it is a fallback. */
  AnswerRecord withoutFallback() {
    return degraded
        ? new AnswerRecord(
            id,
            -1,
            -1,
            Place.NOWHERE,
            plan,
            true,
            true,
            latencyNanos,
            bytesSent,
            workerComputeNanos)
        : this;
  }

  public AnswerRecord {
    Objects.requireNonNull(place, "place");
    Objects.requireNonNull(plan, "plan");
    if (latencyNanos < 0 || bytesSent < 0 || workerComputeNanos < 0) {
      throw new IllegalArgumentException(
          "negative measure in the answer to frame %d: latency %d ns, %d bytes, worker %d ns"
              .formatted(id, latencyNanos, bytesSent, workerComputeNanos));
    }
  }
}

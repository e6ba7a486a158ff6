package dev.sluice.edge.session;

import java.util.List;
import java.util.Objects;

/**
 * The one answer to a frame.
 *
 * @param id the frame's id
 * @param label the predicted class, or -1 if the frame was dropped
 * @param labelName its name, empty if dropped
 * @param probability its calibrated probability, 0 if dropped
 * @param top the most probable classes, at most five, best first
 * @param exit the exit that answered, or -1 if dropped; a companion's answer counts as one exit
 *     behind the final one
 * @param place where that exit was computed
 * @param split the split of the plan the frame was served under
 * @param codec the codec of that plan
 * @param degraded whether the plan would have computed more, had there been time or a link
 * @param dropped whether there is no prediction at all
 * @param reason why the answer is degraded or dropped, or where it stopped; for people
 * @param latencyNanos from capture to this answer
 * @param bytesSent payload bytes handed to the link for this frame
 * @param timing where the time went
 * @param workerComputeNanos what the worker computed for this answer; 0 if it did not
 */
public record EdgeAnswer(
    long id,
    int label,
    String labelName,
    double probability,
    List<Score> top,
    int exit,
    Place place,
    int split,
    String codec,
    boolean degraded,
    boolean dropped,
    String reason,
    long latencyNanos,
    int bytesSent,
    Timing timing,
    long workerComputeNanos) {

  /** Copies the scores. */
  public EdgeAnswer {
    top = List.copyOf(top);
    Objects.requireNonNull(reason, "reason");
    if (dropped != (label < 0)) {
      throw new IllegalArgumentException("dropped answers, and only they, have no label: " + label);
    }
  }
}

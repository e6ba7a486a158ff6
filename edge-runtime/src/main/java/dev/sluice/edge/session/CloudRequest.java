package dev.sluice.edge.session;

import dev.sluice.scheduler.plan.ExitThreshold;
import java.util.List;

/**
 * A sample to finish in the cloud.
 *
 * @param id the frame's id
 * @param cut the cut at which it was left
 * @param codec how it is written
 * @param exits the exits after that cut at which the worker may stop
 * @param deadlineNanos when an answer is worth nothing any more, on the session's clock
 * @param payload its bytes
 */
public record CloudRequest(
    long id,
    int cut,
    String codec,
    List<ExitThreshold> exits,
    long deadlineNanos,
    Payload payload) {

  /** Copies the exits. */
  public CloudRequest {
    exits = List.copyOf(exits);
  }
}

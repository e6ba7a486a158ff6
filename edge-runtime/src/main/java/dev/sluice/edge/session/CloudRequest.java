package dev.sluice.edge.session;

import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitState;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A sample to finish in the cloud.
 *
 * @param id the frame's id
 * @param cut the cut at which it was left
 * @param codec how it is written
 * @param exits policies of the exits after that cut at which the worker may stop, by their number
 * @param state what the exits on the device said, for policies that remember
 * @param deadlineNanos when an answer is worth nothing any more, on the session's clock, or {@link
 *     #NO_DEADLINE}
 * @param payload its bytes
 */
public record CloudRequest(
    long id,
    int cut,
    String codec,
    Map<Integer, ExitPolicy> exits,
    ExitState state,
    long deadlineNanos,
    Payload payload) {
  /** Nobody waits: everything that has a deadline comes first. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  /** Copies the exits. */
  public CloudRequest {
    exits = Collections.unmodifiableMap(new TreeMap<>(exits));
  }
}

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
 * @param model digest of the network that is to finish it; empty for the session's own
 * @param cut the cut from which the worker goes on; 0 for a picture
 * @param codec how it is written
 * @param exits policies of the exits after that cut at which the worker may stop, by their number
 * @param state what the exits on the device said, for policies that remember
 * @param deadlineNanos when an answer is worth nothing any more, on the session's clock, or {@link
 *     #NO_DEADLINE}
 * @param payload its bytes
 */
public record CloudRequest(
    long id,
    String model,
    int cut,
    String codec,
    Map<Integer, ExitPolicy> exits,
    ExitState state,
    long deadlineNanos,
    Payload payload) {
  /** Nobody waits: everything that has a deadline comes first. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  /** Makes a request for the session's own network. */
  public CloudRequest(
      long id,
      int cut,
      String codec,
      Map<Integer, ExitPolicy> exits,
      ExitState state,
      long deadlineNanos,
      Payload payload) {
    this(id, "", cut, codec, exits, state, deadlineNanos, payload);
  }

  /** Copies the exits. */
  public CloudRequest {
    exits = Collections.unmodifiableMap(new TreeMap<>(exits));
  }
}

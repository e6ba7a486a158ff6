package dev.sluice.protocol.message;

import java.util.List;

/**
 * What an exit said that was not sure enough to stop, for a request that asked for it. The {@link
 * Answer} follows; a worker whose peer reads slowly leaves partial answers out.
 *
 * @param requestId the request, at least 1
 * @param exit the exit, in {@code [0, 255]}
 * @param top most likely classes, best first; 1 to 16
 * @param confidence calibrated top-1 probability of that exit, in {@code [0, 1]}
 */
public record Partial(long requestId, int exit, List<ClassScore> top, double confidence)
    implements Message {
  public Partial {
    top = List.copyOf(top);
    Answer.check(requestId, exit, top, confidence);
  }

  /** Returns the same for another request id. */
  public Partial forRequest(long id) {
    return new Partial(id, exit, top, confidence);
  }

  @Override
  public MessageType type() {
    return MessageType.PARTIAL;
  }
}

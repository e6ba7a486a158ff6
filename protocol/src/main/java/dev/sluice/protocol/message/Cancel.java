package dev.sluice.protocol.message;

/**
 * The device no longer wants an answer; none follows.
 *
 * @param requestId the request, at least 1
 */
public record Cancel(long requestId) implements Message {
  public Cancel {
    if (requestId < 1) {
      throw new IllegalArgumentException("requestId must be positive: " + requestId);
    }
  }

  @Override
  public MessageType type() {
    return MessageType.CANCEL;
  }
}

package dev.sluice.protocol.message;

/**
 * The worker will not do it.
 *
 * @param requestId the request refused, or 0 when the whole connection is; the connection then
 *     closes
 * @param code why
 * @param message what to do about it, for people; cut at 1,024 UTF-8 bytes
 * @param retryAfterNanos when trying again may help, 0 when unknown
 */
public record Refusal(long requestId, ErrorCode code, String message, long retryAfterNanos)
    implements Message {
  public Refusal {
    if (requestId < 0) {
      throw new IllegalArgumentException("requestId must not be negative: " + requestId);
    }
    if (retryAfterNanos < 0) {
      throw new IllegalArgumentException(
          "retryAfterNanos must not be negative: " + retryAfterNanos);
    }
    message = Texts.fit(message, Texts.MAX_EXPLANATION_BYTES);
  }

  @Override
  public MessageType type() {
    return MessageType.REFUSAL;
  }
}

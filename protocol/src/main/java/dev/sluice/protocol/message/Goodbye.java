package dev.sluice.protocol.message;

/**
 * The sender closes in good order; nothing follows.
 *
 * @param reason for people; cut at 1,024 UTF-8 bytes
 */
public record Goodbye(String reason) implements Message {
  public Goodbye {
    reason = Texts.fit(reason, Texts.MAX_EXPLANATION_BYTES);
  }

  @Override
  public MessageType type() {
    return MessageType.GOODBYE;
  }
}

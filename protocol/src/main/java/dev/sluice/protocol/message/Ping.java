package dev.sluice.protocol.message;

/**
 * Are you there? Either side may ask.
 *
 * @param token anything; comes back in the {@link Pong}
 */
public record Ping(long token) implements Message {
  @Override
  public MessageType type() {
    return MessageType.PING;
  }
}

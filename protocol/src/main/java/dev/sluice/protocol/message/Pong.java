package dev.sluice.protocol.message;

/**
 * The answer to a {@link Ping}.
 *
 * @param token what the ping held
 * @param nanos monotonic clock of the one who answers
 * @param load how busy the one who answers is; {@link LoadReport#IDLE} from a device
 */
public record Pong(long token, long nanos, LoadReport load) implements Message {
  @Override
  public MessageType type() {
    return MessageType.PONG;
  }
}

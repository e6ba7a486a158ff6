package dev.sluice.protocol.message;

/**
 * The worker's load has changed since it was last told; sent to devices that asked for {@link
 * Features#LOAD}.
 *
 * @param load how busy the worker is
 */
public record Load(LoadReport load) implements Message {
  @Override
  public MessageType type() {
    return MessageType.LOAD;
  }
}

package dev.sluice.protocol.message;

/**
 * The device's first message.
 *
 * @param version newest protocol version that the device speaks, at least 1
 * @param clientName who calls, for the worker's log; at most 255 UTF-8 bytes
 * @param modelDigest digest of the bundle whose second half is wanted; empty when none is named yet
 */
public record Hello(int version, String clientName, String modelDigest) implements Message {
  public Hello {
    Texts.check("clientName", clientName, Texts.MAX_NAME_BYTES);
    Texts.check("modelDigest", modelDigest, Texts.MAX_NAME_BYTES);
    if (version < 1 || version > 0xFFFF) {
      throw new IllegalArgumentException("version not in [1, 65535]: " + version);
    }
  }

  @Override
  public MessageType type() {
    return MessageType.HELLO;
  }
}

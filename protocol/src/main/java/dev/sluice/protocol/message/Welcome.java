package dev.sluice.protocol.message;

/**
 * The worker's answer to a {@link Hello} that it accepts.
 *
 * @param version the version both will speak: the older of the two newest ones
 * @param workerName who answers; at most 255 UTF-8 bytes
 * @param limits what the worker accepts on this connection
 * @param load how busy the worker is
 */
public record Welcome(int version, String workerName, Limits limits, LoadReport load)
    implements Message {
  public Welcome {
    Texts.check("workerName", workerName, Texts.MAX_NAME_BYTES);
    if (version < 1 || version > 0xFFFF) {
      throw new IllegalArgumentException("version not in [1, 65535]: " + version);
    }
  }

  @Override
  public MessageType type() {
    return MessageType.WELCOME;
  }
}

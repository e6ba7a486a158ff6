package dev.sluice.protocol.frame;

import dev.sluice.protocol.message.MessageType;
import java.util.Optional;

/** Type bytes of frames: 1 to 11 are control messages, 16 is payload data. */
public final class FrameType {
  /** Bytes of a payload. */
  public static final int DATA = 16;

  private static final MessageType[] MESSAGES = new MessageType[DATA];

  static {
    for (MessageType type : MessageType.values()) {
      MESSAGES[type.wireId()] = type;
    }
  }

  private FrameType() {}

  /** Returns the message that a type byte announces, or empty for data and unknown types. */
  public static Optional<MessageType> message(int type) {
    return type >= 0 && type < DATA ? Optional.ofNullable(MESSAGES[type]) : Optional.empty();
  }
}

package dev.sluice.protocol.codec;

/** A codec name that this version does not know; the message lists those it does. */
public final class UnknownCodecException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  UnknownCodecException(String message) {
    super(message);
  }
}

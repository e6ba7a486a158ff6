package dev.sluice.training;

import java.io.IOException;

/** A network or data that cannot be made into a bundle; the message says what to do. */
public final class PreparationException extends IOException {
  private static final long serialVersionUID = 1L;

  PreparationException(String message) {
    super(message);
  }
}

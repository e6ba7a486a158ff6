package dev.sluice.scheduler.profile;

import java.io.IOException;

/** A profile or calibration table that cannot be read; the message says what is wrong with it. */
public final class FactsFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  FactsFormatException(String message) {
    super(message);
  }

  FactsFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}

package dev.sluice.model.exit;

import java.io.IOException;

/** Fitted data of policies that cannot be read; the message says why. */
public final class PolicyDataException extends IOException {
  private static final long serialVersionUID = 1L;

  PolicyDataException(String message) {
    super(message);
  }
}

package dev.sluice.training.quantise;

import java.io.IOException;

/** A network that cannot be quantised; the message names file and node and says what to do. */
public final class QuantisationException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong where, and what helps. */
  public QuantisationException(String file, String trouble, String remedy) {
    super(file + ": " + trouble + "; " + remedy);
  }
}

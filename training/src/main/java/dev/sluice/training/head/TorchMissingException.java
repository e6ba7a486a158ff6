package dev.sluice.training.head;

/** The training engine is not on the class path; the message says how to get it. */
public final class TorchMissingException extends Exception {
  private static final long serialVersionUID = 1L;

  TorchMissingException(Throwable cause) {
    super(
        "libtorch is missing or does not load ("
            + cause.getMessage()
            + "); build with -Dtorch=on, as './sluice model' does",
        cause);
  }
}

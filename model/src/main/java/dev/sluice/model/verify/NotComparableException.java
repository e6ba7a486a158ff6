package dev.sluice.model.verify;

/** A network's outputs cannot be compared: they are no numbers, or differ from run to run. */
public final class NotComparableException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  NotComparableException(String message) {
    super(message);
  }
}

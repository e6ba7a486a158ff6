package dev.sluice.training.gradient;

/** A network has an operator or an attribute through which no gradient is taken here. */
public final class NotDifferentiableException extends Exception {
  private static final long serialVersionUID = 1;

  NotDifferentiableException(String message) {
    super(message);
  }
}

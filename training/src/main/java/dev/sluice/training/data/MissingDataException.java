package dev.sluice.training.data;

/** What was named does not exist: wrong use of a program, where damaged data are a failure. */
public final class MissingDataException extends DataException {
  private static final long serialVersionUID = 1L;

  public MissingDataException(String message) {
    super(message);
  }
}

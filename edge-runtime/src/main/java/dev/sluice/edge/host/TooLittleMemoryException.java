package dev.sluice.edge.host;

/** A device has not the memory for what is asked of it. The message says how much would do. */
public final class TooLittleMemoryException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  TooLittleMemoryException(String message) {
    super(message);
  }
}

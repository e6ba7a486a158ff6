package dev.sluice.experiments.demo;

/** A demo or study cannot go on; the message says what to do about it, in one line. */
public final class DemoException extends RuntimeException {
  /** With a message for the person who started it. */
  public DemoException(String message) {
    super(message);
  }

  /** With a message and what led to it. */
  public DemoException(String message, Throwable cause) {
    super(message, cause);
  }
}

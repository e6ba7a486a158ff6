package dev.sluice.edge.agent;

/** A program cannot do what it was asked to; the message is one line that says what to do. */
final class Failure extends Exception {
  private static final long serialVersionUID = 1L;

  Failure(String message) {
    super(message);
  }
}

package dev.sluice.protocol.channel;

/** A request under way. Thread-safe. */
public interface Request {
  /** Returns the id of the request. */
  long id();

  /**
   * Gives the request up; its outcome is {@link CloudOutcome.Cancelled} unless another one came
   * first.
   */
  void cancel();
}

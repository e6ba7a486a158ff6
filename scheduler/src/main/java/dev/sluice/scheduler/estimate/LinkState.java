package dev.sluice.scheduler.estimate;

/** What is known of the way to the worker. */
public enum LinkState {
  /** Something came back lately. */
  UP,
  /** Answers stay away or the connection is gone. */
  DOWN,
  /** Nothing has come back yet. */
  UNKNOWN,
  /** Given up on purpose, because no link could better the plan in use. */
  RESTING
}

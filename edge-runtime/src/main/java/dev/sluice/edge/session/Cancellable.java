package dev.sluice.edge.session;

/** A task that waits for its time. */
@FunctionalInterface
public interface Cancellable {

  /** Makes the task never run, if it has not run yet; calling it again changes nothing. */
  void cancel();
}

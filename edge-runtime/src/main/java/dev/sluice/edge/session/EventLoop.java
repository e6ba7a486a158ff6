package dev.sluice.edge.session;

/**
 * Time and order of an edge session: tasks run one after another, each seeing the effects of those
 * before it. A real loop is one thread with a monotonic clock; a simulated one jumps from event to
 * event.
 */
public interface EventLoop {

  /**
   * Returns the loop's monotonic clock in nanoseconds; only differences mean something.
   * Thread-safe.
   */
  long nanoTime();

  /**
   * Runs a task on the loop when its clock shows {@code nanos} or more; a time that has passed
   * means as soon as possible. Callable from the loop only.
   */
  Cancellable at(long nanos, Runnable task);

  /** Runs a task on the loop as soon as possible, after those handed in before. Thread-safe. */
  void execute(Runnable task);
}

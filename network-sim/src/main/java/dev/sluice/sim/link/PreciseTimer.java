package dev.sluice.sim.link;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Calls back at a set time to within tens of microseconds. An NIO event loop waits in whole
 * milliseconds, which is a round trip on a good link; so a thread of its own parks until the
 * deadline and hands over to the loop.
 *
 * <p>Holds one deadline, the earliest asked for; after the callback there is none. {@link #wakeAt}
 * may be called from any thread.
 */
final class PreciseTimer implements AutoCloseable {
  private final LongSupplier clock;
  private final Runnable callback;
  private final AtomicLong deadlineNanos = new AtomicLong(Timeline.NEVER);
  private final Thread thread;
  private volatile boolean closed;

  /**
   * Starts the thread.
   *
   * @param clock nanoseconds, at least 0
   * @param callback must return soon; called on the timer's thread
   */
  PreciseTimer(LongSupplier clock, Runnable callback) {
    this.clock = clock;
    this.callback = callback;
    thread = new Thread(this::run, "link-timer");
    thread.setDaemon(true);
    thread.start();
  }

  /** Asks for the callback at that time, or at once if it has passed. */
  void wakeAt(long nanos) {
    long before = deadlineNanos.getAndAccumulate(nanos, Math::min);
    if (nanos < before) {
      LockSupport.unpark(thread);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!closed) {
      long deadline = deadlineNanos.get();
      if (deadline == Timeline.NEVER) {
        LockSupport.park(this);
        continue;
      }
      long left = deadline - clock.getAsLong();
      if (left > 0) {
        LockSupport.parkNanos(this, left);
      } else if (deadlineNanos.compareAndSet(deadline, Timeline.NEVER)) {
        callback.run();
      }
    }
  }
}

package dev.sluice.model.engine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Defers freeing something until its owner has closed it and every use under way has ended.
 * Thread-safe.
 */
public final class RefCount {
  /** Set once the owner has closed; the other bits count uses under way. */
  private static final int CLOSED = Integer.MIN_VALUE;

  private final AtomicInteger state = new AtomicInteger();
  private final String what;
  private final Runnable free;

  /**
   * Starts open and unused.
   *
   * @param what names the thing in messages
   * @param free called once, on the thread that closes or ends the last use
   */
  public RefCount(String what, Runnable free) {
    this.what = what;
    this.free = free;
  }

  /**
   * Begins a use.
   *
   * @throws IllegalStateException if closed
   */
  public void acquire() {
    int before = state.getAndUpdate(s -> s < 0 ? s : s + 1);
    if (before < 0) {
      throw new IllegalStateException(what + " is closed");
    }
  }

  /** Ends a use. */
  public void release() {
    if (state.decrementAndGet() == CLOSED) {
      free.run();
    }
  }

  /** Closes; only the first call counts. */
  public void close() {
    if (state.getAndUpdate(s -> s | CLOSED) == 0) {
      free.run();
    }
  }

  /** Returns whether it was closed. */
  public boolean isClosed() {
    return state.get() < 0;
  }
}

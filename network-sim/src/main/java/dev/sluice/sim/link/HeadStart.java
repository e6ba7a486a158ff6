package dev.sluice.sim.link;

/**
 * How much before something is due the event loop is to be woken. Until a timer's thread has woken
 * and has woken the loop, tens to hundreds of microseconds pass; so the timer is asked for as much
 * earlier as nine of ten wake-ups take, and the loop waits for the rest without giving its
 * processor away.
 *
 * <p>What is waited so is at most a fiftieth of the time: on a busy link, where packets are due all
 * the time and merged anyway, hardly anything is woken early. On a machine that is itself so busy
 * that threads are woken late, little is left to wait.
 *
 * <p>Not thread-safe. Times are in nanoseconds on one clock.
 */
final class HeadStart {
  /** Longest head start. */
  static final long MOST_NANOS = 500_000;

  /** The other time per time waited. */
  static final long REST_PER_WAIT = 49;

  private static final long STEP_NANOS = 5_000;

  /** Steps up at a late wake-up per step down at another: nine of ten are in time. */
  private static final long UP_PER_DOWN = 9;

  private long leadNanos;
  private long restUntilNanos;

  /** Returns when to ask the timer for, at or before {@code dueNanos}. */
  long wakeNanos(long dueNanos) {
    return dueNanos - leadNanos < restUntilNanos ? dueNanos : dueNanos - leadNanos;
  }

  /** Learns how long after the time asked for the loop was there. */
  void woken(long lateNanos) {
    long step = lateNanos > leadNanos ? UP_PER_DOWN * STEP_NANOS : -STEP_NANOS;
    leadNanos = Math.max(0, Math.min(MOST_NANOS, leadNanos + step));
  }

  /** Returns whether to wait for what is due without giving the processor away. */
  boolean worthWaiting(long dueNanos, long nowNanos) {
    long left = dueNanos - nowNanos;
    return left > 0 && left <= MOST_NANOS && nowNanos >= restUntilNanos;
  }

  /** Notes that it was waited. */
  void waited(long fromNanos, long toNanos) {
    restUntilNanos = toNanos + REST_PER_WAIT * (toNanos - fromNanos);
  }
}

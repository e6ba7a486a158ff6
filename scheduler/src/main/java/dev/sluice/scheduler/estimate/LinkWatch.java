package dev.sluice.scheduler.estimate;

/** Decides from signs of life and their absence whether the link works. Not thread-safe. */
final class LinkWatch {
  private static final int TIMEOUTS_IN_A_ROW = 2;
  private static final long LEAST_SILENCE_NANOS = 1_000_000_000;
  private static final long LEAST_QUIET_AT_TIMEOUT_NANOS = 300_000_000;

  private LinkState state = LinkState.UNKNOWN;
  private int timeouts;
  private boolean heardOnce;
  private long heardNanos;
  private boolean waiting;
  private long waitingSinceNanos;

  LinkState state(long nowNanos, long roundTripNanos, long transferNanos) {
    if (state == LinkState.UP && waiting) {
      long silence = nowNanos - waitingSinceNanos;
      if (silence > Math.max(LEAST_SILENCE_NANOS, 4 * roundTripNanos) + transferNanos) {
        state = LinkState.DOWN;
      }
    }
    return state;
  }

  /** Something was sent that will be answered. */
  void sent(long nowNanos) {
    if (!waiting) {
      waiting = true;
      waitingSinceNanos = nowNanos;
    }
  }

  /**
   * Something came back; {@code stillWaiting} when other answers are due. What is left over of a
   * connection that was given up on purpose says nothing.
   *
   * @return whether the link was down until now
   */
  boolean heard(long nowNanos, boolean stillWaiting) {
    if (state == LinkState.RESTING) {
      return false;
    }
    boolean returned = state == LinkState.DOWN;
    state = LinkState.UP;
    timeouts = 0;
    heardOnce = true;
    heardNanos = nowNanos;
    waiting = stillWaiting;
    waitingSinceNanos = nowNanos;
    return returned;
  }

  boolean heardSince(long nanos) {
    return heardOnce && heardNanos > nanos;
  }

  void timedOut(long nowNanos, long roundTripNanos) {
    if (state == LinkState.RESTING) {
      return;
    }
    timeouts++;
    boolean quiet =
        !heardOnce
            || nowNanos - heardNanos > Math.max(LEAST_QUIET_AT_TIMEOUT_NANOS, 3 * roundTripNanos);
    if (timeouts >= TIMEOUTS_IN_A_ROW && quiet) {
      state = LinkState.DOWN;
    }
  }

  /** Whoever gave the connection up wants it again. */
  void awake() {
    state = state == LinkState.RESTING ? LinkState.UNKNOWN : state;
  }

  /** The connection is gone, or was never there. */
  void lost(LinkState told) {
    state = told;
    waiting = false;
  }
}

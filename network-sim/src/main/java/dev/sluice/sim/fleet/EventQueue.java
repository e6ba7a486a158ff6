package dev.sluice.sim.fleet;

import java.util.Arrays;

/**
 * Numbers in the order of their virtual time: an event engine's core without an object per event,
 * for simulations of hundreds of millions of events.
 *
 * <p>Events of the same nanosecond come in the order in which they were scheduled, so a run is a
 * pure function of what was scheduled. What a number means is the caller's affair. Not thread-safe.
 */
public final class EventQueue {
  /*
   * An implicit heap with four children per node (Johnson, "Priority queues with update and finding
   * minimum spanning trees", Information Processing Letters 4(3), 1975): half as deep as a binary
   * one, and the four children lie side by side, which is what counts once the heap has left the
   * innermost cache. Three arrays side by side instead of objects: time, order of scheduling, what.
   */
  private static final int CHILDREN = 4;
  private static final int FIRST_CAPACITY = 256;

  private long[] times = new long[FIRST_CAPACITY];
  private long[] orders = new long[FIRST_CAPACITY];
  private long[] whats = new long[FIRST_CAPACITY];
  private int size;
  private long scheduled;
  private long nowNanos;
  private long what;

  /** Creates a queue whose clock stands at zero. */
  public EventQueue() {
    this(0);
  }

  /**
   * Creates a queue.
   *
   * @param startNanos where the clock stands first
   */
  public EventQueue(long startNanos) {
    nowNanos = startNanos;
  }

  /** Returns the time of the last event taken; it never goes back. */
  public long nowNanos() {
    return nowNanos;
  }

  /** Returns how many events wait. */
  public int size() {
    return size;
  }

  /** Returns how many events have been scheduled so far. */
  public long scheduled() {
    return scheduled;
  }

  /**
   * Schedules an event.
   *
   * @param atNanos when, not before {@link #nowNanos()}
   * @param event what; any number
   * @throws IllegalArgumentException if that time has passed
   */
  public void schedule(long atNanos, long event) {
    if (atNanos < nowNanos) {
      throw new IllegalArgumentException(
          "cannot schedule in the past: " + atNanos + " ns is before " + nowNanos + " ns");
    }
    if (size == times.length) {
      grow();
    }
    siftUp(size++, atNanos, scheduled++, event);
  }

  /** Returns the time of the next event, or {@link Long#MAX_VALUE} if none waits. */
  public long nextNanos() {
    return size == 0 ? Long.MAX_VALUE : times[0];
  }

  /**
   * Takes the next event: the clock jumps to its time, and {@link #what} tells it.
   *
   * @return whether there was one
   */
  public boolean advance() {
    if (size == 0) {
      return false;
    }
    nowNanos = times[0];
    what = whats[0];
    size--;
    if (size > 0) {
      siftDown(times[size], orders[size], whats[size]);
    }
    return true;
  }

  /** Returns the event that was taken last. */
  public long what() {
    return what;
  }

  /**
   * Sets the clock to a time at which nothing happens.
   *
   * @param untilNanos not before {@link #nowNanos()}, nor behind the next event
   */
  public void rest(long untilNanos) {
    if (untilNanos < nowNanos || untilNanos > nextNanos()) {
      throw new IllegalArgumentException(
          "cannot rest until %d ns: it is %d ns, the next event is at %d ns"
              .formatted(untilNanos, nowNanos, nextNanos()));
    }
    nowNanos = untilNanos;
  }

  private void grow() {
    int capacity = Math.multiplyExact(2, times.length);
    times = Arrays.copyOf(times, capacity);
    orders = Arrays.copyOf(orders, capacity);
    whats = Arrays.copyOf(whats, capacity);
  }

  private void siftUp(int from, long time, long order, long event) {
    int at = from;
    while (at > 0) {
      int parent = (at - 1) / CHILDREN;
      if (!before(time, order, parent)) {
        break;
      }
      move(parent, at);
      at = parent;
    }
    put(at, time, order, event);
  }

  private void siftDown(long time, long order, long event) {
    int at = 0;
    for (int first = 1; first < size; first = CHILDREN * at + 1) {
      int least = first;
      int end = Math.min(first + CHILDREN, size);
      for (int child = first + 1; child < end; child++) {
        if (before(times[child], orders[child], least)) {
          least = child;
        }
      }
      if (before(time, order, least)) {
        break;
      }
      move(least, at);
      at = least;
    }
    put(at, time, order, event);
  }

  private boolean before(long time, long order, int other) {
    return time < times[other] || (time == times[other] && order < orders[other]);
  }

  private void move(int from, int to) {
    times[to] = times[from];
    orders[to] = orders[from];
    whats[to] = whats[from];
  }

  private void put(int at, long time, long order, long event) {
    times[at] = time;
    orders[at] = order;
    whats[at] = event;
  }
}

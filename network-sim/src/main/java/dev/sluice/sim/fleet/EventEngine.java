package dev.sluice.sim.fleet;

import java.util.PriorityQueue;

/**
 * Runs actions in the order of their virtual time.
 *
 * <p>Time stands still while an action runs and then jumps to the next one. Actions for the same
 * nanosecond run in the order in which they were scheduled, so a run is a pure function of what was
 * scheduled. An exception from an action leaves {@link #run}; the engine stays usable and the
 * failed action is not repeated. Not thread-safe.
 */
public final class EventEngine {
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private long nowNanos;
  private long scheduled;

  /** Creates an engine whose clock stands at zero. */
  public EventEngine() {
    this(0);
  }

  /**
   * Creates an engine.
   *
   * @param startNanos where the clock stands first
   */
  public EventEngine(long startNanos) {
    nowNanos = startNanos;
  }

  /** Returns the virtual time in nanoseconds; it never goes back. */
  public long nowNanos() {
    return nowNanos;
  }

  /** Returns how many actions are waiting, cancelled ones included until their time has come. */
  public int pending() {
    return events.size();
  }

  /**
   * Schedules an action.
   *
   * @param atNanos when it runs, not before {@link #nowNanos()}
   * @return the means to cancel it
   * @throws IllegalArgumentException if that time has passed
   */
  public Scheduled schedule(long atNanos, Runnable action) {
    if (atNanos < nowNanos) {
      throw new IllegalArgumentException(
          "cannot schedule in the past: " + atNanos + " ns is before " + nowNanos + " ns");
    }
    Event event = new Event(atNanos, scheduled++, action);
    events.add(event);
    return event;
  }

  /**
   * Schedules an action relative to now.
   *
   * @param delayNanos how long from now, at least 0
   * @return the means to cancel it
   */
  public Scheduled scheduleAfter(long delayNanos, Runnable action) {
    return schedule(Math.addExact(nowNanos, delayNanos), action);
  }

  /** Runs until nothing is scheduled any more. */
  public void run() {
    while (!events.isEmpty()) {
      runNext();
    }
  }

  /**
   * Runs everything scheduled up to and including a time, then sets the clock to it.
   *
   * @param untilNanos not before {@link #nowNanos()}
   */
  public void runUntil(long untilNanos) {
    if (untilNanos < nowNanos) {
      throw new IllegalArgumentException(
          "cannot run until " + untilNanos + " ns, it is " + nowNanos + " ns already");
    }
    for (Event next = events.peek();
        next != null && next.atNanos <= untilNanos;
        next = events.peek()) {
      runNext();
    }
    nowNanos = untilNanos;
  }

  private void runNext() {
    Event event = events.remove();
    nowNanos = event.atNanos;
    if (!event.cancelled) {
      event.action.run();
    }
  }

  /** An action that waits for its time. */
  public interface Scheduled {
    /** Takes the action back; without effect once it ran. */
    void cancel();
  }

  private static final class Event implements Scheduled, Comparable<Event> {
    private final long atNanos;
    private final long order;
    private final Runnable action;
    private boolean cancelled;

    Event(long atNanos, long order, Runnable action) {
      this.atNanos = atNanos;
      this.order = order;
      this.action = action;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(atNanos, other.atNanos);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }
}

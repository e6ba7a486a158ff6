package dev.sluice.sim.fleet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Runs actions in the order of their virtual time.
 *
 * <p>Time stands still while an action runs and then jumps to the next one. Actions for the same
 * nanosecond run in the order in which they were scheduled, so a run is a pure function of what was
 * scheduled. An exception from an action leaves {@link #run}; the engine stays usable and the
 * failed action is not repeated. Where an object per event is too much, take an {@link EventQueue}.
 * Not thread-safe.
 */
public final class EventEngine {
  private final EventQueue queue;

  /** Actions by place; the queue holds places. */
  private final List<Event> events = new ArrayList<>();

  private final Deque<Integer> free = new ArrayDeque<>();

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
    queue = new EventQueue(startNanos);
  }

  /** Returns the virtual time in nanoseconds; it never goes back. */
  public long nowNanos() {
    return queue.nowNanos();
  }

  /** Returns how many actions are waiting, cancelled ones included until their time has come. */
  public int pending() {
    return queue.size();
  }

  /**
   * Schedules an action.
   *
   * @param atNanos when it runs, not before {@link #nowNanos()}
   * @return the means to cancel it
   * @throws IllegalArgumentException if that time has passed
   */
  public Scheduled schedule(long atNanos, Runnable action) {
    Integer freed = free.peek();
    int place = freed == null ? events.size() : freed;
    queue.schedule(atNanos, place);
    Event event = new Event(action);
    if (freed == null) {
      events.add(event);
    } else {
      free.remove();
      events.set(place, event);
    }
    return event;
  }

  /**
   * Schedules an action relative to now.
   *
   * @param delayNanos how long from now, at least 0
   * @return the means to cancel it
   */
  public Scheduled scheduleAfter(long delayNanos, Runnable action) {
    return schedule(Math.addExact(nowNanos(), delayNanos), action);
  }

  /** Runs until nothing is scheduled any more. */
  public void run() {
    while (queue.advance()) {
      runTaken();
    }
  }

  /**
   * Runs everything scheduled up to and including a time, then sets the clock to it.
   *
   * @param untilNanos not before {@link #nowNanos()}
   */
  public void runUntil(long untilNanos) {
    if (untilNanos < nowNanos()) {
      throw new IllegalArgumentException(
          "cannot run until " + untilNanos + " ns, it is " + nowNanos() + " ns already");
    }
    while (queue.size() > 0 && queue.nextNanos() <= untilNanos) {
      queue.advance();
      runTaken();
    }
    queue.rest(untilNanos);
  }

  private void runTaken() {
    int place = (int) queue.what();
    Event event = events.get(place);
    free.push(place);
    event.run();
  }

  /** An action that waits for its time. */
  public interface Scheduled {
    /** Takes the action back; without effect once it ran. */
    void cancel();
  }

  private static final class Event implements Scheduled {
    private Runnable action;

    Event(Runnable action) {
      this.action = action;
    }

    private static void nothing() {}

    void run() {
      Runnable mine = action;
      action = Event::nothing;
      mine.run();
    }

    /** Whatever the action holds on to is let go at once, not when its time comes. */
    @Override
    public void cancel() {
      action = Event::nothing;
    }
  }
}

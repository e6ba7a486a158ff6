package dev.sluice.edge;

import dev.sluice.edge.session.Cancellable;
import dev.sluice.edge.session.EventLoop;
import java.util.PriorityQueue;

/** An event loop whose clock jumps from task to task. */
public final class SimulatedLoop implements EventLoop {
  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long now = 1_000_000_000L;
  private long nextSequence;

  /** How late tasks run that were set for a later moment, as on a real machine. */
  public long lateNanos;

  private static final class Task implements Comparable<Task> {
    final long nanos;
    final long sequence;
    Runnable body;

    Task(long nanos, long sequence, Runnable body) {
      this.nanos = nanos;
      this.sequence = sequence;
      this.body = body;
    }

    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(nanos, other.nanos);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Cancellable at(long nanos, Runnable body) {
    long late = nanos > now ? lateNanos : 0;
    Task task = new Task(Math.max(now, nanos) + late, nextSequence++, body);
    tasks.add(task);
    return () -> task.body = () -> {};
  }

  @Override
  public void execute(Runnable body) {
    at(now, body);
  }

  /** Runs what is due up to a moment, and leaves the clock there. */
  public void runUntil(long nanos) {
    while (!tasks.isEmpty() && tasks.peek().nanos <= nanos) {
      Task task = tasks.poll();
      now = Math.max(now, task.nanos);
      task.body.run();
    }
    now = Math.max(now, nanos);
  }

  /** Lets a computation take time: moves the clock on without running anything. */
  public void spend(long nanos) {
    now += nanos;
  }
}

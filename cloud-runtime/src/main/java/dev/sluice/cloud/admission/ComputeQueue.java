package dev.sluice.cloud.admission;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue before a fixed number of computing threads: the higher priority first, then the
 * earlier deadline, then who came first.
 *
 * <p>The earliest deadline first meets all deadlines whenever any order does (Liu and Layland,
 * "Scheduling Algorithms for Multiprogramming in a Hard-Real-Time Environment", Journal of the ACM
 * 20(1), 1973). What waited too long is refused by the job itself when its turn comes. Thread-safe.
 */
public final class ComputeQueue implements AutoCloseable {
  private static final long CLOSE_SECONDS = 5;

  private final ThreadPoolExecutor threads;
  private final AtomicInteger unfinished = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong sequence = new AtomicLong();
  private final int capacity;

  /**
   * How soon a job's turn comes.
   *
   * @param priority the larger, the sooner
   * @param hasDeadline whether there is a deadline; jobs without one come after those with one
   * @param deadlineNanos on the worker's monotonic clock; the earlier, the sooner
   */
  public record Urgency(int priority, boolean hasDeadline, long deadlineNanos)
      implements Comparable<Urgency> {
    /** In no hurry. */
    public static final Urgency NONE = new Urgency(0, false, 0);

    @Override
    public int compareTo(Urgency other) {
      if (priority != other.priority) {
        return Integer.compare(other.priority, priority);
      }
      if (hasDeadline != other.hasDeadline) {
        return hasDeadline ? -1 : 1;
      }
      return Long.signum(deadlineNanos - other.deadlineNanos);
    }
  }

  /** A job and its place; equal to any other place of the same job. */
  private static final class Place implements Runnable, Comparable<Place> {
    final Runnable job;
    private final Urgency urgency;
    private final long sequence;

    Place(Runnable job, Urgency urgency, long sequence) {
      this.job = job;
      this.urgency = urgency;
      this.sequence = sequence;
    }

    @Override
    public void run() {
      job.run();
    }

    @Override
    public int compareTo(Place other) {
      int order = urgency.compareTo(other.urgency);
      return order != 0 ? order : Long.compare(sequence, other.sequence);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Place place && place.job.equals(job);
    }

    @Override
    public int hashCode() {
      return job.hashCode();
    }
  }

  /**
   * @param computeThreads threads, at least 1
   * @param capacity requests that may wait, at least 1
   */
  public ComputeQueue(int computeThreads, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity must be positive: " + capacity);
    }
    this.capacity = capacity;
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            computeThreads,
            computeThreads,
            0,
            TimeUnit.SECONDS,
            new PriorityBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "worker-compute-" + number.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.AbortPolicy()) {
          @Override
          protected void beforeExecute(Thread thread, Runnable job) {
            waiting.decrementAndGet();
          }

          @Override
          protected void afterExecute(Runnable job, @Nullable Throwable failure) {
            unfinished.decrementAndGet();
          }
        };
    threads.prestartAllCoreThreads();
  }

  /**
   * Takes a job that runs when its turn comes.
   *
   * @return whether it was taken; a full or closed queue takes nothing
   */
  public boolean offer(Runnable job) {
    return offer(job, Urgency.NONE);
  }

  /**
   * Takes a job that runs when its turn comes.
   *
   * @return whether it was taken; a full or closed queue takes nothing
   */
  public boolean offer(Runnable job, Urgency urgency) {
    if (waiting.incrementAndGet() > capacity) {
      waiting.decrementAndGet();
      return false;
    }
    unfinished.incrementAndGet();
    try {
      threads.execute(new Place(job, urgency, sequence.getAndIncrement()));
      return true;
    } catch (RejectedExecutionException e) {
      waiting.decrementAndGet();
      unfinished.decrementAndGet();
      return false;
    }
  }

  /**
   * Drops a job that still waits, which makes room for another; without effect on any other.
   *
   * @return whether it waited
   */
  public boolean withdraw(Runnable job) {
    boolean waited = remove(job);
    if (waited) {
      unfinished.decrementAndGet();
    }
    return waited;
  }

  private boolean remove(Runnable job) {
    boolean waited = threads.remove(new Place(job, Urgency.NONE, 0));
    if (waited) {
      waiting.decrementAndGet();
    }
    return waited;
  }

  /**
   * Takes jobs that still wait out of the queue, to be done together with the one that runs. They
   * count as unfinished until {@link #doneBeside}.
   *
   * @param wanted which ones
   * @param most how many at most
   * @return the jobs, those whose turn comes first in front
   */
  public List<Runnable> takeAlong(Predicate<Runnable> wanted, int most) {
    List<Runnable> taken = new ArrayList<>();
    Object[] places = threads.getQueue().toArray();
    Arrays.sort(places);
    for (Object place : places) {
      if (taken.size() >= most) {
        break;
      }
      Runnable job = ((Place) place).job;
      if (wanted.test(job) && remove(job)) {
        taken.add(job);
      }
    }
    return taken;
  }

  /** Counts jobs that were taken along as finished. */
  public void doneBeside(int jobs) {
    unfinished.addAndGet(-jobs);
  }

  /** Returns how many jobs wait or run. */
  public int unfinished() {
    return unfinished.get();
  }

  /** Takes nothing more, drops what waits and gives running jobs a few seconds to end. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a computation did not end within " + CLOSE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

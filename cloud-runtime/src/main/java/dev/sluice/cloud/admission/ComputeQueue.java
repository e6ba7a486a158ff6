package dev.sluice.cloud.admission;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A bounded first-in, first-out queue before a fixed number of computing threads.
 *
 * <p>First come, first served is the fair order among devices that do not know of each other; what
 * waited too long is refused by the job itself when its turn comes. Thread-safe.
 */
public final class ComputeQueue implements AutoCloseable {
  private static final long CLOSE_SECONDS = 5;

  private final ThreadPoolExecutor threads;
  private final AtomicInteger unfinished = new AtomicInteger();

  /**
   * @param computeThreads threads, at least 1
   * @param capacity requests that may wait, at least 1
   */
  public ComputeQueue(int computeThreads, int capacity) {
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            computeThreads,
            computeThreads,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(capacity),
            task -> {
              Thread thread = new Thread(task, "worker-compute-" + number.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.AbortPolicy()) {
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
    unfinished.incrementAndGet();
    try {
      threads.execute(job);
      return true;
    } catch (RejectedExecutionException e) {
      unfinished.decrementAndGet();
      return false;
    }
  }

  /** Drops a job that still waits, which makes room for another; without effect on any other. */
  public void withdraw(Runnable job) {
    if (threads.remove(job)) {
      unfinished.decrementAndGet();
    }
  }

  /**
   * Takes jobs that still wait out of the queue, to be done together with the one that runs. They
   * count as unfinished until {@link #doneBeside}.
   *
   * @param wanted which ones
   * @param most how many at most
   * @return the jobs, those that wait longest first
   */
  public List<Runnable> takeAlong(Predicate<Runnable> wanted, int most) {
    List<Runnable> taken = new ArrayList<>();
    for (Runnable job : threads.getQueue()) {
      if (taken.size() >= most) {
        break;
      }
      if (wanted.test(job) && threads.remove(job)) {
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

package dev.sluice.cloud.admission;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

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
            new ThreadPoolExecutor.AbortPolicy());
    threads.prestartAllCoreThreads();
  }

  /** Returns whether the job was taken; a full or closed queue takes nothing. */
  public boolean offer(Runnable job) {
    unfinished.incrementAndGet();
    try {
      threads.execute(
          () -> {
            try {
              job.run();
            } finally {
              unfinished.decrementAndGet();
            }
          });
      return true;
    } catch (RejectedExecutionException e) {
      unfinished.decrementAndGet();
      return false;
    }
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

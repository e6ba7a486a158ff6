package dev.sluice.training.calibrate;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Runs something for every sample on several threads; order does not matter, the first failure ends
 * it.
 */
public final class ParallelSamples {
  private ParallelSamples() {}

  /** What is done for one sample, on any thread. */
  @FunctionalInterface
  public interface Task {
    void run(int sample) throws IOException;
  }

  /**
   * Runs the task for 0 to count - 1 and returns when all are done.
   *
   * @param threads at least 1
   * @param onDone hears how many are done, on the calling thread
   * @throws IOException what a task threw first
   */
  public static void run(int count, int threads, Task task, IntConsumer onDone) throws IOException {
    AtomicInteger next = new AtomicInteger();
    AtomicInteger finished = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> others = new ArrayList<>();
      for (int t = 1; t < threads; t++) {
        others.add(
            pool.submit(
                () -> {
                  work(next, finished, count, task, done -> {});
                  return null;
                }));
      }
      try {
        work(next, finished, count, task, onDone);
      } finally {
        // Whatever ended this thread's work ends the others' too.
        next.set(count);
      }
      for (Future<?> other : others) {
        other.get();
      }
      onDone.accept(count);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      pool.shutdownNow();
    }
  }

  private static void work(
      AtomicInteger next, AtomicInteger finished, int count, Task task, IntConsumer onDone)
      throws IOException {
    boolean completed = false;
    try {
      for (int s = next.getAndIncrement(); s < count; s = next.getAndIncrement()) {
        task.run(s);
        onDone.accept(finished.incrementAndGet());
      }
      completed = true;
    } finally {
      if (!completed) {
        next.set(count);
      }
    }
  }
}

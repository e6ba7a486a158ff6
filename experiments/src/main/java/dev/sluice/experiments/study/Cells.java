package dev.sluice.experiments.study;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Measures the cells of a study: each once over all runs into the same folder, several at a time. A
 * cell that fails is noted and the others go on; it is tried again when the study is resumed.
 */
public final class Cells implements Closeable {
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final StudyContext context;
  private final Journal journal;
  private final int threads;

  /**
   * Measures one cell. Runs on any thread, next to others.
   *
   * @param <T> its result
   */
  @FunctionalInterface
  public interface Work<T> {
    /** The result of the cell of that key. */
    T measure(String cell) throws Exception;
  }

  /** Where nothing is to be measured any more: the results cannot be kept. */
  private static final class JournalException extends Exception {
    private static final long serialVersionUID = 1;

    private final IOException reason;

    JournalException(IOException reason) {
      super(reason);
      this.reason = reason;
    }
  }

  Cells(StudyContext context, Journal journal, int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be positive: " + threads);
    }
    this.context = context;
    this.journal = journal;
    this.threads = threads;
  }

  /**
   * Measures the cells that the journal does not hold.
   *
   * @param cells their keys, all different
   * @param type of a result; Jackson writes and reads it
   * @param work measures one of them
   * @return the results by key, in the order of {@code cells}; those that failed are missing
   * @throws IOException if a result cannot be noted, such as on a full disk
   */
  public <T> Map<String, T> measure(List<String> cells, Class<T> type, Work<T> work)
      throws IOException, InterruptedException {
    Map<String, T> results = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    for (String cell : cells) {
      journal.find(cell, type).ifPresentOrElse(r -> results.put(cell, r), () -> missing.add(cell));
    }
    Progress progress =
        new Progress(
            context.console(), cells.size(), results.size(), System::nanoTime, PROGRESS_NANOS);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      Map<String, Future<T>> running = new LinkedHashMap<>();
      for (String cell : missing) {
        running.put(cell, pool.submit(() -> one(cell, work, progress)));
      }
      for (Map.Entry<String, Future<T>> cell : running.entrySet()) {
        collect(cell.getKey(), cell.getValue(), results);
      }
    } finally {
      pool.shutdownNow();
      pool.awaitTermination(1, TimeUnit.MINUTES);
    }
    Map<String, T> ordered = new LinkedHashMap<>();
    for (String cell : cells) {
      T result = results.get(cell);
      if (result != null) {
        ordered.put(cell, result);
      }
    }
    return ordered;
  }

  @Override
  public void close() throws IOException {
    journal.close();
  }

  private <T> T one(String cell, Work<T> work, Progress progress) throws Exception {
    T result;
    try {
      result = work.measure(cell);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      context.failure(cell, e);
      progress.failed(cell, Failure.of(cell, e).error());
      throw e;
    }
    try {
      journal.put(cell, result);
    } catch (IOException e) {
      throw new JournalException(e);
    } catch (RuntimeException e) {
      context.failure(cell, e);
      progress.failed(cell, Failure.of(cell, e).error());
      throw e;
    }
    progress.finished(cell);
    return result;
  }

  private static <T> void collect(String cell, Future<T> future, Map<String, T> results)
      throws IOException, InterruptedException {
    try {
      results.put(cell, future.get());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof JournalException full) {
        throw full.reason;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      // Noted where it happened; the others go on.
    }
  }
}

package dev.sluice.edge.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Writes JSON lines on a thread of its own: a reader that is slow must not hold up the loop.
 * Thread-safe.
 */
final class LineOutput implements AutoCloseable {
  private final PrintStream out;
  private final AtomicBoolean deaf = new AtomicBoolean();
  private boolean ended;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread t = new Thread(task, "edge-output");
            t.setDaemon(true);
            return t;
          });

  LineOutput(PrintStream out) {
    this.out = out;
  }

  synchronized void line(ObjectNode line) {
    if (ended) {
      return;
    }
    Runnable print =
        () -> {
          out.println(Lines.text(line));
          if (out.checkError()) {
            deaf.set(true);
          }
        };
    try {
      writer.execute(print);
    } catch (RejectedExecutionException closed) {
      // The program is ending; whoever wanted lines has had the summary.
    }
  }

  /** Writes a line after which none is written any more, whoever still has one. */
  synchronized void lastLine(ObjectNode line) {
    line(line);
    ended = true;
  }

  /** Whether nobody reads any more: the agent ends. */
  boolean isDeaf() {
    return deaf.get();
  }

  /** Asked and closed on different threads; a line after closing is dropped. */
  boolean isOpen() {
    return !writer.isShutdown();
  }

  void flush() throws InterruptedException, ExecutionException {
    writer.submit(out::flush).get();
  }

  @Override
  public void close() {
    writer.shutdown();
  }
}

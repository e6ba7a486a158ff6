package dev.sluice.experiments.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** The processes of a run. Whatever ends the run, Ctrl-C included, ends them. Thread-safe. */
public final class Children implements AutoCloseable {
  private final Deque<ChildProcess> living = new ArrayDeque<>();
  private final Thread hook = new Thread(this::closeAll, "kill-children");
  private boolean closed;

  /** Takes note of the end of this JVM. */
  public Children() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Starts a process. */
  public synchronized ChildProcess start(ChildProcess.Command command, Consumer<String> lines) {
    if (closed) {
      throw new IllegalStateException("no process can start any more");
    }
    ChildProcess child = ChildProcess.start(command, lines);
    living.push(child);
    return child;
  }

  /** Ends a process of this group. */
  public void stop(ChildProcess child) {
    child.close();
    synchronized (this) {
      living.remove(child);
    }
  }

  /** Throws if any process has ended by itself. */
  public synchronized void check() {
    living.forEach(ChildProcess::check);
  }

  @Override
  public void close() {
    closeAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is on its way down and runs the hook itself.
      closeAll();
    }
  }

  private synchronized void closeAll() {
    closed = true;
    living.forEach(ChildProcess::interrupt);
    while (!living.isEmpty()) {
      living.pop().close();
    }
  }
}

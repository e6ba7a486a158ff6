package dev.sluice.protocol.channel;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The thread of one or several {@link WorkerClient}s. Thread-safe.
 *
 * <p>Tasks run one after another and must not block.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // threads are daemons; nothing is left to do when they end late
public final class ClientLoop implements AutoCloseable {
  private final Transport transport;
  private final EventLoopGroup group;
  private final EventLoop events;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ClientLoop(Transport transport, EventLoopGroup group) {
    this.transport = transport;
    this.group = group;
    events = group.next();
  }

  /** Makes a loop on a thread of its own. */
  public static ClientLoop start() {
    Transport transport = Transport.best();
    return new ClientLoop(transport, transport.loops(1, "sluice-client"));
  }

  ClientLink link(ClientOptions options, ClientListener listener) {
    return new ClientLink(options, listener, events, transport);
  }

  /**
   * Runs a task soon.
   *
   * @throws RejectedExecutionException once the loop is closed
   */
  public void execute(Runnable task) {
    events.execute(task);
  }

  /**
   * Runs a task later, or never if the loop is closed before.
   *
   * @throws RejectedExecutionException once the loop is closed
   */
  public void schedule(Runnable task, long nanos) {
    events.schedule(task, nanos, TimeUnit.NANOSECONDS);
  }

  /** Returns whether this is its thread. */
  public boolean isOnLoop() {
    return events.inEventLoop();
  }

  /**
   * Runs a task and waits for its end, a second at most; on the loop at once, not at all when it is
   * closed.
   */
  public void await(Runnable task) {
    if (isOnLoop()) {
      task.run();
      return;
    }
    try {
      events.submit(task).awaitUninterruptibly(1_000);
    } catch (RejectedExecutionException ended) {
      // Nothing runs there any more, so nothing is left for the task to end.
    }
  }

  /** Ends the thread; waits two seconds at most, not at all on the loop. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    var stopped = group.shutdownGracefully(20, 1_000, TimeUnit.MILLISECONDS);
    if (!isOnLoop()) {
      stopped.awaitUninterruptibly(2_000);
    }
  }
}

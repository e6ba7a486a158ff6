package dev.sluice.protocol.channel;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The thread of one or several {@link WorkerClient}s, and those that look names up for it.
 * Thread-safe.
 *
 * <p>Tasks run one after another and must not block.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // threads are daemons; nothing is left to do when they end late
public final class ClientLoop implements AutoCloseable {
  /** So many names whose servers do not answer hold no other name up. */
  private static final int LOOKUP_THREADS = 8;

  private static final int MAX_LOOKUPS_WAITING = 1_000;

  private final Transport transport;
  private final EventLoopGroup group;
  private final EventLoop events;
  private final ExecutorService lookupThreads = lookupThreads();
  private final NameLookups names;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ClientLoop(Transport transport, EventLoopGroup group, AddressResolver resolver) {
    this.transport = transport;
    this.group = group;
    events = group.next();
    names = new NameLookups(resolver, events, lookupThreads);
  }

  private static ExecutorService lookupThreads() {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            LOOKUP_THREADS,
            LOOKUP_THREADS,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MAX_LOOKUPS_WAITING),
            new DefaultThreadFactory("sluice-names", true));
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /** Makes a loop on a thread of its own, to which the system tells where names lead. */
  public static ClientLoop start() {
    return start(AddressResolver.SYSTEM);
  }

  /** Makes a loop on a thread of its own. */
  public static ClientLoop start(AddressResolver resolver) {
    Transport transport = Transport.best();
    return new ClientLoop(transport, transport.loops(1, "sluice-client"), resolver);
  }

  ClientLink link(ClientOptions options, ClientListener listener) {
    return new ClientLink(options, listener, events, transport, names);
  }

  /**
   * Looks a name up without holding the loop up. Called on the loop.
   *
   * @param patienceNanos how long to wait
   * @param done gets the addresses later, on the loop; none when there are none, or nobody could
   *     tell in time
   */
  public void lookUp(String name, long patienceNanos, Consumer<List<InetAddress>> done) {
    names.lookUp(name, patienceNanos, done);
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

  /** Ends the threads; waits two seconds at most, not at all on the loop. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    lookupThreads.shutdownNow();
    var stopped = group.shutdownGracefully(20, 1_000, TimeUnit.MILLISECONDS);
    if (!isOnLoop()) {
      stopped.awaitUninterruptibly(2_000);
    }
  }
}

package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Infer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The device's end: one connection that opens itself again, and exactly one {@link CloudOutcome}
 * per request.
 *
 * <p>Requests wait in the client, not in the socket: a request is given to the socket in chunks of
 * 4 KiB, the next one when the last has left, and only while the network holds no more than a
 * window that adapts to it. So pings and fresh requests do not stand behind stale ones, and a
 * request that is cancelled in time is never sent at all.
 *
 * <p>Thread-safe. Everything happens on one event loop; outcomes and the listener are called there,
 * so they must not block.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // threads are daemons; nothing is left to do when they end late
public final class WorkerClient implements AutoCloseable {
  private final @Nullable EventLoopGroup group;
  private final ClientLink link;
  private final AtomicBoolean closed = new AtomicBoolean();

  private WorkerClient(@Nullable EventLoopGroup group, ClientLink link) {
    this.group = group;
    this.link = link;
  }

  /** Starts to connect and returns at once; the listener hears what becomes of it. */
  public static WorkerClient connect(ClientOptions options, ClientListener listener) {
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("sluice-client", true), NioIoHandler.newFactory());
    ClientLink link = new ClientLink(options, listener, group.next());
    link.start();
    return new WorkerClient(group, link);
  }

  /** The same on an event loop that several clients share; it stays the caller's. */
  public static WorkerClient connect(
      ClientOptions options, ClientListener listener, EventLoop loop) {
    ClientLink link = new ClientLink(options, listener, loop);
    link.start();
    return new WorkerClient(null, link);
  }

  /**
   * Submits a request.
   *
   * <p>It waits while the link is CONNECTING or SILENT and is lost at once while it is DOWN.
   * Network trouble is never thrown, it is the outcome.
   *
   * @param request its id must not have been used on this client before
   * @param done gets exactly one outcome, on the event loop (after {@link #close}, on the caller's
   *     thread)
   * @throws IllegalArgumentException if a request of the same id is under way
   */
  public Request send(Infer request, Consumer<CloudOutcome> done) {
    return link.send(request, done);
  }

  /**
   * Gives a request up: nothing when it has its outcome already, else that is {@link
   * CloudOutcome.Cancelled}.
   */
  public void cancel(long requestId) {
    link.cancel(requestId);
  }

  /** Returns the state of the link. */
  public LinkState state() {
    return link.state();
  }

  /**
   * Says goodbye; every request still under way is lost. Waits two seconds at most, not at all on
   * the event loop.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    link.close();
    if (group == null) {
      return;
    }
    var stopped = group.shutdownGracefully(20, 1_000, TimeUnit.MILLISECONDS);
    if (!link.isOnLoop()) {
      stopped.awaitUninterruptibly(2_000);
    }
  }
}

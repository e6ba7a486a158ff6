package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Partial;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The device's end: one connection that opens itself again, and exactly one {@link CloudOutcome}
 * per request.
 *
 * <p>Requests wait in the client, not in the socket: they are given to the socket in chunks whose
 * size follows the measured rate, each of the request that is the most urgent then, and only while
 * the network holds no more than a window that adapts to it. So pings and fresh requests do not
 * stand behind stale ones, and a request that is cancelled or past its deadline in time is never
 * sent at all. What may wait is bounded; more is refused with {@code OVERLOADED}, here.
 *
 * <p>Thread-safe. Everything happens on one event loop; outcomes and the listener are called there,
 * so they must not block.
 */
public final class WorkerClient implements AutoCloseable {
  private final ClientLoop loop;
  private final boolean ownsLoop;
  private final ClientLink link;
  private final AtomicBoolean closed = new AtomicBoolean();

  private WorkerClient(ClientLoop loop, boolean ownsLoop, ClientLink link) {
    this.loop = loop;
    this.ownsLoop = ownsLoop;
    this.link = link;
  }

  /** Starts to connect and returns at once; the listener hears what becomes of it. */
  public static WorkerClient connect(ClientOptions options, ClientListener listener) {
    return connect(options, listener, ClientLoop.start(), true);
  }

  /** The same on a loop that several clients share; it stays the caller's. */
  public static WorkerClient connect(
      ClientOptions options, ClientListener listener, ClientLoop shared) {
    return connect(options, listener, shared, false);
  }

  private static WorkerClient connect(
      ClientOptions options, ClientListener listener, ClientLoop loop, boolean ownsLoop) {
    ClientLink link = loop.link(options, listener);
    link.start();
    return new WorkerClient(loop, ownsLoop, link);
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
    return link.send(request, done, partial -> {});
  }

  /**
   * Submits a request that wants to hear what exits say that are not sure enough to answer.
   *
   * @param partials hears of them, on the event loop, always before {@code done}; it may hear
   *     nothing at all. As the request says, see {@link Infer#withPartials}
   */
  public Request send(Infer request, Consumer<CloudOutcome> done, Consumer<Partial> partials) {
    return link.send(request, done, partials);
  }

  /**
   * Sends padding, to learn what the link carries when nothing else was sent for long; the listener
   * hears of it in {@link ClientListener#onProbe}. Without effect while there is no connection, or
   * requests wait or are being sent: then those tell.
   *
   * @param bytes at least 1; a frame's worth at most is sent
   */
  public void probe(int bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("bytes must be positive: " + bytes);
    }
    link.probe(bytes);
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
    if (ownsLoop) {
      loop.close();
    }
  }
}

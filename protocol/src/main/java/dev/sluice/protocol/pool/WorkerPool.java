package dev.sluice.protocol.pool;

import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientLoop;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.LinkState;
import dev.sluice.protocol.channel.Request;
import dev.sluice.protocol.channel.WorkerClient;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.security.ClientSecurity;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The device's end, over one or several workers: exactly one {@link CloudOutcome} per request.
 *
 * <ul>
 *   <li>Of a long list each client keeps connections to a few workers, chosen by a hash of its
 *       name: those of many clients spread evenly.
 *   <li>A request goes to the better of two of them chosen at random, by expected wait; never to
 *       one that is silent or draining while another is up. It waits while none is up but one may
 *       soon be, and is lost at once while all are known to be down.
 *   <li>A request that is lost with its worker, stands before one that has fallen silent, or is
 *       refused with OVERLOADED or DRAINING goes to another worker if its deadline allows that: at
 *       most twice, and all together within a budget of a fifth of the requests.
 *   <li>Workers that went away are called again after random waits that grow, replaced after a
 *       random time, and get their share of the requests little by little when they are back.
 * </ul>
 *
 * <p>The listener hears one link: its state is that of the best connection, its trouble comes when
 * no worker is left, and its pings are those of the worker that requests go to, which is the last
 * one used. The stamps of an outcome are those of the attempt that was answered.
 *
 * <p>Thread-safe. Everything happens on one event loop; outcomes and the listener are called there,
 * so they must not block.
 */
public final class WorkerPool implements AutoCloseable {
  private final LivePoolLoop loop;
  private final PoolCore core;
  private final AtomicBoolean closed = new AtomicBoolean();

  private WorkerPool(LivePoolLoop loop, PoolCore core) {
    this.loop = loop;
    this.core = core;
  }

  /** Starts to connect and returns at once; the listener hears what becomes of it. */
  public static WorkerPool connect(PoolOptions options, ClientListener listener) {
    LivePoolLoop loop = new LivePoolLoop(options);
    PoolCore core =
        new PoolCore(
            options,
            loop,
            (at, ears) -> new ClientOnLoop(client(options, at), ears, loop.events),
            listener);
    core.start();
    return new WorkerPool(loop, core);
  }

  private static ClientOptions client(PoolOptions options, WorkerAddress at) {
    ClientOptions client = options.client().at(at.host(), at.port());
    ClientSecurity security = client.security();
    return security.expectedName().isPresent() || at.name().equals(at.host())
        ? client
        : client.withSecurity(security.expecting(at.name()));
  }

  /**
   * Submits a request.
   *
   * @param request its id must not have been used on this pool before
   * @param done gets exactly one outcome, on the event loop (after {@link #close}, on the caller's
   *     thread)
   * @throws IllegalArgumentException if a request of the same id is under way
   */
  public Request send(Infer request, Consumer<CloudOutcome> done) {
    return send(request, done, partial -> {});
  }

  /**
   * Submits a request that wants to hear what exits say that are not sure enough to answer.
   *
   * @param partials hears of them, on the event loop, always before {@code done}; from the first
   *     exit on again when the request goes to another worker
   */
  public Request send(Infer request, Consumer<CloudOutcome> done, Consumer<Partial> partials) {
    core.send(request, done, partials);
    return new Request() {
      @Override
      public long id() {
        return request.requestId();
      }

      @Override
      public void cancel() {
        core.cancel(request.requestId());
      }
    };
  }

  /**
   * Gives a request up: nothing when it has its outcome already, else that is {@link
   * CloudOutcome.Cancelled}.
   */
  public void cancel(long requestId) {
    core.cancel(requestId);
  }

  /**
   * Sends padding to the worker in use, see {@link WorkerClient#probe}.
   *
   * @param bytes at least 1
   */
  public void probe(int bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("bytes must be positive: " + bytes);
    }
    core.probe(bytes);
  }

  /** Returns the state of the best connection. */
  public LinkState state() {
    return core.state();
  }

  /** Returns what is known of every worker, the preferred ones first. */
  public CompletableFuture<List<WorkerStatus>> workers() {
    CompletableFuture<List<WorkerStatus>> told = new CompletableFuture<>();
    try {
      loop.execute(() -> told.complete(core.workers()));
    } catch (RejectedExecutionException stopped) {
      told.complete(List.of());
    }
    return told;
  }

  /**
   * Says goodbye to all; every request still under way is lost. Waits two seconds at most, not at
   * all on the event loop.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    loop.events.await(core::close);
    loop.events.close();
  }

  /** A client of one worker on the pool's event loop. */
  private static final class ClientOnLoop implements Link {
    private final WorkerClient client;

    ClientOnLoop(ClientOptions options, ClientListener ears, ClientLoop events) {
      client = WorkerClient.connect(options, ears, events);
    }

    @Override
    public void send(Infer request, Consumer<CloudOutcome> done, Consumer<Partial> partials) {
      client.send(request, done, partials);
    }

    @Override
    public void probe(int bytes) {
      client.probe(bytes);
    }

    @Override
    public void cancel(long requestId) {
      client.cancel(requestId);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** The pool's turns on the clients' loop. */
  private static final class LivePoolLoop implements PoolLoop {
    /** Longer than name servers are asked. */
    private static final long LOOKUP_NANOS = 60_000_000_000L;

    private final PoolOptions options;
    private final ClientLoop events;

    LivePoolLoop(PoolOptions options) {
      this.options = options;
      events = ClientLoop.start(options.resolver());
    }

    @Override
    public long nanoTime() {
      return options.client().nanoClock().getAsLong();
    }

    @Override
    public void execute(Runnable task) {
      events.execute(task);
    }

    @Override
    public void after(long nanos, Runnable task) {
      events.schedule(task, nanos);
    }

    @Override
    public void resolve(String name, Consumer<Resolution> done) {
      events.lookUp(
          name,
          LOOKUP_NANOS,
          found -> {
            List<String> hosts =
                found.stream().map(InetAddress::getHostAddress).distinct().toList();
            done.accept(hosts.isEmpty() ? new Resolution.Failed() : new Resolution.Found(hosts));
          });
    }
  }
}

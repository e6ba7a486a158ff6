package dev.sluice.sim.link;

import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.LinkTrace.Step;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP proxy that behaves like a link which does not exist: what comes in at its address goes on
 * to a target, at the rate and with the delay of a {@link LinkTrace}, both ways apart. Several
 * workers may share the link, each with an address of its own ({@link Route}).
 *
 * <p>It enacts {@link LinkModel} on real sockets. In an outage it is silent: nothing passes, not
 * even the end of a connection, new connections wait, and nothing is lost. Senders feel the link as
 * back pressure: about {@link LinkOptions#queueBytes} wait here per connection and direction, and
 * the sockets read from have small buffers. (The sender's socket buffer is its own affair: a
 * program that must not queue should bound it too.) What else may befall a link or a worker while
 * it runs: {@link LinkChange}.
 *
 * <p>Since the proxy accepts for the target, a client's connect succeeds at once, also in an
 * outage; its bytes wait for the handshake. An unreachable target shows as a closed connection.
 *
 * <p>All methods may be called from any thread.
 */
public final class EmulatedLink implements AutoCloseable {
  /*
   * One event loop runs everything, so the model needs no lock. Whatever comes from a socket is cut
   * into packets that wait in their Pipe. pump() commits every packet whose turn has come by now,
   * which gives it an arrival time, and hands over every packet that has arrived; then it asks the
   * timer for the next such moment. Packets start at the model's times, not at the times at which
   * pump() happens to run: a late run makes a packet late but never shifts the ones behind it.
   */
  private static final Logger LOG = LoggerFactory.getLogger(EmulatedLink.class);

  private static final Direction[] DIRECTIONS = Direction.values();

  /** Wake-ups closer together than this are merged: half of the delay that may be added. */
  private static final long PERIOD_NANOS = 500_000;

  private static final long MOST_SLACK_NANOS = 2_000_000;

  private final LinkTrace trace;
  private final LinkModel model;
  private final Start start;
  private final List<Worker> workers = new ArrayList<>();
  private final LongSupplier clock;
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;
  private final PreciseTimer timer;
  private final HeadStart headStart = new HeadStart();
  private final List<ProxiedConnection> connections = new ArrayList<>();
  private volatile boolean started;
  private volatile long startedNanos;
  private volatile LinkStats stats = new LinkStats(0, 0, 0, 0);
  private long dueNanos = Timeline.NEVER;
  private long askedNanos = Timeline.NEVER;
  private boolean pumping;
  private boolean pumpAgain;
  private long accepted;
  private long uplinkBytes;
  private long downlinkBytes;
  private long worstLatenessNanos;

  /** When the trace begins. */
  public enum Start {
    /** With the emulator. */
    NOW,
    /** With the first connection. */
    FIRST_CONNECTION,
    /** When {@link EmulatedLink#start} is called; until then its first step holds. */
    ON_CALL
  }

  private EmulatedLink(
      List<Route> routes, LinkTrace trace, LinkOptions options, Start start, LongSupplier clock)
      throws IOException {
    if (routes.isEmpty()) {
      throw new IllegalArgumentException("a link leads somewhere: no routes");
    }
    this.trace = trace;
    this.start = start;
    this.clock = clock;
    started = start == Start.NOW;
    startedNanos = clock.getAsLong();
    model = new LinkModel(trace, started ? startedNanos : LinkModel.NEVER, options);
    group = Sockets.loop();
    loop = group.next();
    timer = new PreciseTimer(clock, () -> loop.execute(this::wake));
    for (Route route : routes) {
      listen(route);
    }
  }

  private void listen(Route route) throws IOException {
    Worker worker = new Worker(route.target());
    workers.add(worker);
    int number = workers.size();
    ChannelFuture bound =
        Sockets.listener(
                loop,
                peak(Step::uplinkBytesPerSecond),
                peak(Step::downlinkBytesPerSecond),
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel, number);
                  }
                })
            .bind(route.listen())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      close();
      throw Trouble.cannotListen(route.listen(), bound.cause());
    }
    worker.listener = bound.channel();
  }

  private double peak(ToDoubleFunction<Step> rate) {
    return trace.steps().stream().mapToDouble(rate).max().orElse(0);
  }

  /**
   * Starts to listen for one worker.
   *
   * @param listen where; port 0 for any free one
   * @param target where connections go on to; need not be there yet
   * @throws IOException if the address cannot be listened on
   */
  public static EmulatedLink open(
      InetSocketAddress listen,
      InetSocketAddress target,
      LinkTrace trace,
      LinkOptions options,
      Start start)
      throws IOException {
    return open(List.of(new Route(listen, target)), trace, options, start);
  }

  /**
   * Starts to listen for several workers that share the link.
   *
   * @param routes at least one
   * @throws IOException if an address cannot be listened on
   */
  public static EmulatedLink open(
      List<Route> routes, LinkTrace trace, LinkOptions options, Start start) throws IOException {
    long origin = System.nanoTime();
    return new EmulatedLink(routes, trace, options, start, () -> System.nanoTime() - origin);
  }

  /** Returns the first worker's address, with the real port. */
  public InetSocketAddress address() {
    return addresses().get(0);
  }

  /** Returns the addresses listened on, in the order of the routes, with the real ports. */
  public List<InetSocketAddress> addresses() {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (Worker worker : workers) {
      if (worker.listener != null) {
        addresses.add((InetSocketAddress) worker.listener.localAddress());
      }
    }
    return addresses;
  }

  /** Begins the trace. Without effect if it has begun. */
  public void start() {
    loop.submit(this::startTrace).syncUninterruptibly();
  }

  /** Returns whether the trace has begun. */
  public boolean started() {
    return started;
  }

  /** Returns the time since the trace began, or 0 before that. */
  public long positionNanos() {
    return started ? clock.getAsLong() - startedNanos : 0;
  }

  /** Returns what has passed so far. */
  public LinkStats stats() {
    return stats;
  }

  /** Returns the options in force. */
  public LinkOptions options() {
    return loop.submit(model::options).syncUninterruptibly().getNow();
  }

  /**
   * Changes the link, or what is behind it, from now on.
   *
   * @throws IllegalArgumentException if it has no such worker
   */
  public void apply(LinkChange change) {
    loop.submit(() -> change(change)).syncUninterruptibly();
  }

  /** Stops at once: closes every connection and drops what is under way. */
  @Override
  public void close() {
    for (Worker worker : workers) {
      if (worker.listener != null) {
        worker.listener.close().awaitUninterruptibly();
      }
    }
    if (!loop.isShuttingDown()) {
      loop.submit(
              () -> {
                for (ProxiedConnection connection : List.copyOf(connections)) {
                  connection.abort();
                }
                connections.clear();
              })
          .awaitUninterruptibly();
    }
    timer.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private void startTrace() {
    if (!started) {
      startedNanos = clock.getAsLong();
      model.start(startedNanos);
      started = true;
      pump();
    }
  }

  private void change(LinkChange change) {
    long now = clock.getAsLong();
    // What has happened by now has happened on the link as it was.
    pump();
    Overrides overrides = model.timeline().overrides();
    LinkOptions options = model.options();
    if (change instanceof LinkChange.Rates set) {
      model.change(
          now, overrides.withRates(set.uplinkBytesPerSecond(), set.downlinkBytesPerSecond()));
    } else if (change instanceof LinkChange.RoundTrip set) {
      model.change(now, overrides.withRoundTrip(set.nanos()));
    } else if (change instanceof LinkChange.Outage set) {
      model.change(now, overrides.withOutage(set.on()));
    } else if (change instanceof LinkChange.Path set) {
      model.change(options.withPath(set.direction(), before -> set.options()));
    } else if (change instanceof LinkChange.HandshakeDelay set) {
      model.change(options.withTcp(options.tcp().withHandshakeDelay(set.nanos())));
    } else if (change instanceof LinkChange.Reset which) {
      named(which.worker());
      connectionsOf(which.worker()).forEach(ProxiedConnection::reset);
    } else if (change instanceof LinkChange.Vanish which) {
      named(which.worker()).forEach(worker -> worker.vanished = true);
      connectionsOf(which.worker()).forEach(ProxiedConnection::silence);
    } else if (change instanceof LinkChange.Refuse which) {
      named(which.worker()).forEach(worker -> worker.refusing = true);
      connectionsOf(which.worker()).forEach(ProxiedConnection::reset);
    } else if (change instanceof LinkChange.Restore which) {
      for (Worker worker : named(which.worker())) {
        worker.vanished = false;
        worker.refusing = false;
      }
      connectionsOf(which.worker()).stream()
          .filter(ProxiedConnection::silent)
          .forEach(ProxiedConnection::reset);
    }
    pump();
  }

  private List<Worker> named(int number) {
    if (number == LinkChange.EVERY_WORKER) {
      return workers;
    }
    if (number < 0 || number > workers.size()) {
      throw new IllegalArgumentException(
          "there is no worker " + number + "; the link leads to " + workers.size());
    }
    return workers.subList(number - 1, number);
  }

  private List<ProxiedConnection> connectionsOf(int worker) {
    return connections.stream().filter(connection -> connection.isFor(worker)).toList();
  }

  private void accept(Channel client, int number) {
    if (start == Start.FIRST_CONNECTION) {
      startTrace();
    }
    accepted++;
    Worker worker = workers.get(number - 1);
    ProxiedConnection proxied = new ProxiedConnection(model, number, client, clock, this::pump);
    connections.add(proxied);
    if (worker.vanished) {
      proxied.silence();
    }
    // The channel is not quite registered here, and must be before it is read from.
    loop.execute(worker.refusing ? proxied::reset : this::pump);
  }

  /** The timer has rung, a little early where that pays. */
  private void wake() {
    long now = clock.getAsLong();
    if (now >= askedNanos) {
      headStart.woken(now - askedNanos);
    }
    if (headStart.worthWaiting(dueNanos, now)) {
      long until = now;
      while (until < dueNanos) {
        Thread.onSpinWait();
        until = clock.getAsLong();
      }
      headStart.waited(now, until);
    }
    pump();
  }

  /** Brings everything up to the present. On the event loop only; calls from within are put off. */
  private void pump() {
    if (pumping) {
      pumpAgain = true;
      return;
    }
    pumping = true;
    try {
      do {
        pumpAgain = false;
        pumpOnce();
      } while (pumpAgain);
    } finally {
      pumping = false;
    }
  }

  private void pumpOnce() {
    long now = clock.getAsLong();
    long next = Timeline.NEVER;
    // Of a packet nothing is seen before it has crossed the link, so its start need not be met.
    long slack = Math.min(MOST_SLACK_NANOS, model.timeline().stepAt(now).roundTripNanos() / 2);
    for (Direction direction : DIRECTIONS) {
      next = Math.min(next, Timeline.plus(commit(direction, now), slack));
    }
    for (int i = connections.size() - 1; i >= 0; i--) {
      next = Math.min(next, advance(connections.get(i), now));
    }
    // Who has received something finds it counted.
    stats = new LinkStats(accepted, uplinkBytes, downlinkBytes, worstLatenessNanos);
    for (int i = connections.size() - 1; i >= 0; i--) {
      connections.get(i).flush();
    }
    dueNanos = next == Timeline.NEVER ? next : Math.max(next, now + PERIOD_NANOS);
    if (next != Timeline.NEVER) {
      askedNanos = headStart.wakeNanos(dueNanos);
      timer.wakeAt(askedNanos);
    }
  }

  /** Brings one connection up to the present; returns when it is due again. */
  private long advance(ProxiedConnection connection, long now) {
    long dial = connection.dialNanos();
    if (dial <= now) {
      dial(connection);
      dial = Timeline.NEVER;
    }
    long next = Math.min(dial, connection.advance(now));
    Pipe up = connection.pipe(Direction.UPLINK);
    Pipe down = connection.pipe(Direction.DOWNLINK);
    uplinkBytes += up.takeDeliveredBytes();
    downlinkBytes += down.takeDeliveredBytes();
    worstLatenessNanos =
        Math.max(worstLatenessNanos, Math.max(up.worstLatenessNanos(), down.worstLatenessNanos()));
    if (connection.over()) {
      connections.remove(connection);
      connection.abort();
    }
    return next;
  }

  /** Starts every packet whose turn has come; returns when the next one starts. */
  private long commit(Direction direction, long now) {
    while (true) {
      Pipe first = null;
      long firstStart = Timeline.NEVER;
      long firstReady = Timeline.NEVER;
      for (int i = 0; i < connections.size(); i++) {
        Pipe pipe = connections.get(i).pipe(direction);
        long begins = pipe.nextStartNanos(now);
        // Several wait for the transmitter alike: first come, first served.
        if (begins < firstStart || (begins == firstStart && pipe.nextReadyNanos() < firstReady)) {
          first = pipe;
          firstStart = begins;
          firstReady = pipe.nextReadyNanos();
        }
      }
      if (first == null || firstStart > now) {
        return firstStart;
      }
      first.commitNext(firstStart);
    }
  }

  private void dial(ProxiedConnection connection) {
    Worker worker = workers.get(connection.dial() - 1);
    Sockets.dialler(
            loop,
            peak(Step::downlinkBytesPerSecond),
            peak(Step::uplinkBytesPerSecond),
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                connection.dialling(channel);
              }
            })
        .connect(worker.target)
        .addListener(
            (ChannelFuture dialled) -> {
              if (dialled.isSuccess()) {
                worker.missing = false;
                connection.connected(dialled.channel());
              } else {
                // Devices try again and again: once is enough.
                if (!worker.missing) {
                  worker.missing = true;
                  LOG.warn(
                      "{}; connections are closed until it can be",
                      Trouble.unreachable(worker.target, dialled.cause()));
                }
                connection.refused();
              }
            });
  }
}

package dev.sluice.sim.link;

import dev.sluice.sim.link.LinkModel.Connection;
import dev.sluice.sim.trace.LinkTrace;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP proxy that behaves like a link which does not exist: what comes in at its address goes on
 * to a target, at the rate and with the delay of a {@link LinkTrace}, both ways apart.
 *
 * <p>It enacts {@link LinkModel} on real sockets. In an outage it is silent: nothing passes, not
 * even the end of a connection, new connections wait, and nothing is lost. Senders feel the link as
 * back pressure: about {@link LinkOptions#queueBytes} wait here per connection and direction, and
 * the sockets read from have small buffers. (The sender's socket buffer is its own affair: a
 * program that must not queue should bound it too.)
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

  /** Wake-ups closer together than this are merged. */
  private static final long MIN_PERIOD_NANOS = 100_000;

  private static final int READ_BYTES = 8 << 10;
  private static final int RECEIVE_BUFFER_BYTES = 32 << 10;
  private static final int SEND_BUFFER_BYTES = 128 << 10;
  private static final int CONNECT_TIMEOUT_MILLIS = 10_000;

  private final LinkModel model;
  private final Start start;
  private final InetSocketAddress target;
  private final LongSupplier clock;
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;
  private final PreciseTimer timer;
  private final Channel listener;
  private final List<ProxiedConnection> connections = new ArrayList<>();
  private volatile boolean started;
  private volatile long startedNanos;
  private volatile LinkStats stats = new LinkStats(0, 0, 0, 0);
  private boolean pumping;
  private boolean pumpAgain;
  private boolean targetMissing;
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
      InetSocketAddress listen,
      InetSocketAddress target,
      LinkTrace trace,
      LinkOptions options,
      Start start,
      LongSupplier clock)
      throws IOException {
    this.start = start;
    this.target = target;
    this.clock = clock;
    started = start == Start.NOW;
    startedNanos = clock.getAsLong();
    model = new LinkModel(trace, started ? startedNanos : LinkModel.NEVER, options);
    group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("link", true), NioIoHandler.newFactory());
    loop = group.next();
    timer = new PreciseTimer(clock, () -> loop.execute(this::pump));
    ChannelFuture bound =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER_BYTES)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark())
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, reads())
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                })
            .bind(listen)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      timer.close();
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
      Throwable cause = bound.cause();
      throw cannotListen(listen, cause);
    }
    listener = bound.channel();
  }

  private static IOException cannotListen(InetSocketAddress listen, Throwable cause) {
    String why = String.valueOf(cause.getMessage());
    String advice =
        why.contains("in use")
            ? "stop what uses it, or choose another port (0 takes a free one)"
            : why.contains("assign")
                ? "this machine has no such address; 127.0.0.1 is always there"
                : "choose another address; ports below 1024 are for the administrator";
    return new IOException(
        "cannot listen on " + describe(listen) + ": " + why + "; " + advice, cause);
  }

  /**
   * Starts to listen.
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
    long origin = System.nanoTime();
    return new EmulatedLink(
        listen, target, trace, options, start, () -> System.nanoTime() - origin);
  }

  /** Returns the address listened on, with the real port. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.localAddress();
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

  /** Stops at once: closes every connection and drops what is under way. */
  @Override
  public void close() {
    listener.close().awaitUninterruptibly();
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

  private void accept(Channel client) {
    if (start == Start.FIRST_CONNECTION) {
      startTrace();
    }
    accepted++;
    Connection connection = model.connect(clock.getAsLong());
    ProxiedConnection proxied = new ProxiedConnection(connection, client);
    connections.add(proxied);
    // The channel is not quite registered here, and must be before it is read from.
    loop.execute(this::pump);
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
    for (Direction direction : Direction.values()) {
      next = Math.min(next, commit(direction, now));
    }
    for (ProxiedConnection connection : List.copyOf(connections)) {
      next = Math.min(next, connection.advance(now));
      if (connection.over()) {
        connections.remove(connection);
        connection.abort();
      }
    }
    stats = new LinkStats(accepted, uplinkBytes, downlinkBytes, worstLatenessNanos);
    if (next != Timeline.NEVER) {
      timer.wakeAt(Math.max(next, now + MIN_PERIOD_NANOS));
    }
  }

  /** Starts every packet whose turn has come; returns when the next one starts. */
  private long commit(Direction direction, long now) {
    while (true) {
      Pipe first = null;
      long firstStart = Timeline.NEVER;
      long firstReady = Timeline.NEVER;
      for (ProxiedConnection connection : connections) {
        Pipe pipe = connection.pipe(direction);
        long start = pipe.nextStartNanos();
        // Several wait for the transmitter alike: first come, first served.
        if (start < firstStart || (start == firstStart && pipe.nextReadyNanos() < firstReady)) {
          first = pipe;
          firstStart = start;
          firstReady = pipe.nextReadyNanos();
        }
      }
      if (first == null || firstStart > now) {
        return firstStart;
      }
      first.commitNext();
    }
  }

  private void dial(ProxiedConnection connection) {
    new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        .option(ChannelOption.SO_SNDBUF, SEND_BUFFER_BYTES)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark())
        .option(ChannelOption.RECVBUF_ALLOCATOR, reads())
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                connection.dialling(channel);
              }
            })
        .connect(target)
        .addListener(
            (ChannelFuture dialled) -> {
              if (dialled.isSuccess()) {
                targetMissing = false;
                connection.connected(dialled.channel());
              } else {
                // Devices try again and again: once is enough.
                if (!targetMissing) {
                  targetMissing = true;
                  LOG.warn("{}; connections are closed until it can be", unreachable(dialled));
                }
                connection.refused();
              }
            });
  }

  /** What the system says repeats the address, so only its kind is told. */
  private String unreachable(ChannelFuture dialled) {
    Throwable cause = dialled.cause();
    String why =
        cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException
            ? "no such host"
            : String.valueOf(cause.getMessage()).contains("refused")
                ? "nothing listens there"
                : message(cause);
    return "the target " + describe(target) + " cannot be reached (" + why + ")";
  }

  /** The two channels of a client's connection and what is under way between them. */
  private final class ProxiedConnection {
    private final Connection connection;
    private final Pipe up;
    private final Pipe down;
    private boolean dialled;

    ProxiedConnection(Connection connection, Channel client) {
      this.connection = connection;
      Runnable pump = EmulatedLink.this::pump;
      up = new Pipe(connection.flow(Direction.UPLINK), model.options(), clock, pump);
      down = new Pipe(connection.flow(Direction.DOWNLINK), model.options(), clock, pump);
      up.from(client);
      down.to(client);
      client.pipeline().addLast(new PipeHandler(up, down, pump));
    }

    Pipe pipe(Direction direction) {
      return direction == Direction.UPLINK ? up : down;
    }

    long advance(long now) {
      long next = Timeline.NEVER;
      if (!dialled) {
        long reached = connection.flow(Direction.UPLINK).reachedNanos();
        if (reached > now) {
          next = reached;
        } else {
          dialled = true;
          dial(this);
        }
      }
      next = Math.min(next, up.deliver(now));
      next = Math.min(next, down.deliver(now));
      uplinkBytes += up.takeDeliveredBytes();
      downlinkBytes += down.takeDeliveredBytes();
      worstLatenessNanos =
          Math.max(
              worstLatenessNanos, Math.max(up.worstLatenessNanos(), down.worstLatenessNanos()));
      up.regulate(now);
      down.regulate(now);
      return next;
    }

    void dialling(Channel channel) {
      channel.pipeline().addLast(new PipeHandler(down, up, EmulatedLink.this::pump));
    }

    void connected(Channel channel) {
      down.from(channel);
      up.to(channel);
      pump();
    }

    void refused() {
      up.broken();
      down.finish();
      pump();
    }

    boolean over() {
      return up.over() && down.over();
    }

    void abort() {
      up.abort();
      down.abort();
    }
  }

  /**
   * What has arrived may wait for its reader, as in a receive buffer. Small ones would cost rate: a
   * machine that lags for some milliseconds hands over that much at once.
   */
  private static WriteBufferWaterMark waterMark() {
    return new WriteBufferWaterMark(128 << 10, 512 << 10);
  }

  private static FixedRecvByteBufAllocator reads() {
    FixedRecvByteBufAllocator reads = new FixedRecvByteBufAllocator(READ_BYTES);
    reads.maxMessagesPerRead(1);
    return reads;
  }

  private static String describe(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  private static String message(Throwable cause) {
    return cause == null ? "unknown" : String.valueOf(cause.getMessage());
  }
}

package dev.sluice.protocol.channel;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker's end: accepts connections and hands whole requests to a {@link RequestHandler}.
 * Thread-safe.
 *
 * <p>Each connection lives on one event loop; nothing there blocks. Answers may be given from any
 * thread.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // threads are daemons; nothing is left to do when they end late
public final class WorkerServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerServer.class);
  private static final int WRITE_HIGH_BYTES = 1 << 16;
  private static final int WRITE_LOW_BYTES = 1 << 14;
  private static final int SEND_BUFFER_BYTES = 1 << 16;
  private static final long LOAD_NANOS = 100_000_000L;

  private final EventLoopGroup group;
  private final Channel listener;
  private final Connections connections;
  private final AtomicBoolean closed = new AtomicBoolean();

  private WorkerServer(EventLoopGroup group, Channel listener, Connections connections) {
    this.group = group;
    this.listener = listener;
    this.connections = connections;
  }

  /**
   * Starts to listen.
   *
   * @throws IOException if the address cannot be bound; the message names it
   */
  public static WorkerServer bind(ServerOptions options, RequestHandler handler)
      throws IOException {
    InetSocketAddress address = address(options);
    Transport transport = Transport.best();
    EventLoopGroup group = transport.loops(options.ioThreads(), "sluice-server");
    Connections connections = new Connections(options.maxBytesInAll());
    AtomicLong ids = new AtomicLong();
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(transport.listener())
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER_BYTES)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(WRITE_LOW_BYTES, WRITE_HIGH_BYTES))
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    new ServerConnection(ids.incrementAndGet(), options, handler, connections)
                        .install(channel.pipeline());
                  }
                });
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw taken(options, bound.cause());
    }
    group
        .next()
        .scheduleWithFixedDelay(
            () -> tellLoad(handler, connections), LOAD_NANOS, LOAD_NANOS, TimeUnit.NANOSECONDS);
    return new WorkerServer(group, bound.channel(), connections);
  }

  private static void tellLoad(RequestHandler handler, Connections connections) {
    if (connections.size() == 0) {
      return;
    }
    try {
      connections.tellLoad(handler.load());
    } catch (RuntimeException failure) {
      LOG.warn("the handler could not tell its load", failure);
    }
  }

  /**
   * Tries whether an address can be listened on, and leaves it again: for programs that take long
   * before they {@link #bind}.
   *
   * @throws IOException if it cannot be; the message names it and says what to do
   */
  public static void requireFree(ServerOptions options) throws IOException {
    InetSocketAddress address = address(options);
    try (ServerSocket attempt = new ServerSocket()) {
      attempt.setReuseAddress(true);
      attempt.bind(address);
    } catch (IOException e) {
      throw taken(options, e);
    }
  }

  private static InetSocketAddress address(ServerOptions options) throws IOException {
    InetSocketAddress address = new InetSocketAddress(options.host(), options.port());
    if (address.isUnresolved()) {
      throw new IOException(
          "cannot listen on " + options.host() + ":" + options.port() + ": unknown host");
    }
    return address;
  }

  private static IOException taken(ServerOptions options, Throwable cause) {
    String why = String.valueOf(cause.getMessage());
    String advice =
        why.contains("in use")
            ? "stop what uses it, or choose another port (0 takes a free one)"
            : why.contains("assign")
                ? "this machine has no such address; 127.0.0.1 and 0.0.0.0 are always there"
                : "choose another address; ports below 1024 are for the administrator";
    return new IOException(
        "cannot listen on " + options.host() + ":" + options.port() + ": " + why + "; " + advice,
        cause);
  }

  /** Returns the port that is listened on. */
  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** Returns how many connections have been welcomed and are open. */
  public int connections() {
    return connections.size();
  }

  /**
   * Stops listening, tells every device to go elsewhere, refuses new requests with {@code
   * DRAINING}, and waits until those under way are answered. To be closed afterwards.
   *
   * @param nanos how long to wait, positive
   * @return whether all were answered in that time
   */
  public boolean drain(long nanos) throws InterruptedException {
    if (nanos <= 0) {
      throw new IllegalArgumentException("nanos must be positive: " + nanos);
    }
    listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    return connections.drain("worker stops", nanos);
  }

  /**
   * Says goodbye to every device, cancels what is under way and stops listening; waits a second at
   * most.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    connections.leaveAll("worker stops");
    group.shutdownGracefully(50, 1_000, TimeUnit.MILLISECONDS).awaitUninterruptibly(2_000);
  }
}

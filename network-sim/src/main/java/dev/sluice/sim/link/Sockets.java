package dev.sluice.sim.link;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/**
 * How the proxy's sockets are set up: java.nio's, since Netty 4.2's own for Linux lose a connection
 * that is half closed and not read from. They forget it when they wait for nothing, and then cannot
 * wait for room to write.
 */
final class Sockets {
  /**
   * What may come in while the proxy waits for a processor, and what may go out while its reader
   * does. Small, as it is a queue that the link's sender does not know of; but on a fast link each
   * refill would take a change of threads, more of them per second than there are.
   */
  private static final int LEAST_RECEIVE_BYTES = 32 << 10;

  private static final int LEAST_SEND_BYTES = 128 << 10;
  private static final int MOST_BYTES = 4 << 20;
  private static final double RECEIVE_SECONDS = 0.0025;
  private static final double SEND_SECONDS = 0.01;

  /** How much may have arrived and wait for its reader, at least. */
  static final int ARRIVED_BYTES = 512 << 10;

  private static final int CONNECT_TIMEOUT_MILLIS = 10_000;

  private Sockets() {}

  static MultiThreadIoEventLoopGroup loop() {
    return new MultiThreadIoEventLoopGroup(
        1, new DefaultThreadFactory("link", true), NioIoHandler.newFactory());
  }

  /**
   * Prepares to listen.
   *
   * @param in most bytes per second that are read
   * @param out most that are written
   */
  static ServerBootstrap listener(EventLoop loop, double in, double out, ChannelHandler accepted) {
    return new ServerBootstrap()
        .group(loop)
        .channel(NioServerSocketChannel.class)
        .option(ChannelOption.SO_REUSEADDR, true)
        .option(ChannelOption.SO_RCVBUF, bytes(in * RECEIVE_SECONDS, LEAST_RECEIVE_BYTES))
        .childOption(ChannelOption.AUTO_READ, false)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childOption(ChannelOption.SO_SNDBUF, bytes(out * SEND_SECONDS, LEAST_SEND_BYTES))
        .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark())
        .childHandler(accepted);
  }

  /** Prepares to connect; as {@link #listener}. */
  static Bootstrap dialler(EventLoop loop, double in, double out, ChannelHandler dialled) {
    return new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .option(ChannelOption.SO_RCVBUF, bytes(in * RECEIVE_SECONDS, LEAST_RECEIVE_BYTES))
        .option(ChannelOption.SO_SNDBUF, bytes(out * SEND_SECONDS, LEAST_SEND_BYTES))
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark())
        .handler(dialled);
  }

  private static int bytes(double wanted, int least) {
    return (int) Math.max(least, Math.min(MOST_BYTES, wanted));
  }

  /** Closes a connection so that the other side sees it reset. */
  @SuppressWarnings("FutureReturnValueIgnored")
  static void reset(Channel channel) {
    if (channel.isActive()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    }
    channel.close();
  }

  private static WriteBufferWaterMark waterMark() {
    return new WriteBufferWaterMark(ARRIVED_BYTES / 4, ARRIVED_BYTES);
  }
}

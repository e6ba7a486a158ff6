package dev.sluice.experiments.study.wire;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** Event loops and sockets as Sluice has them: one thread, Linux's own sockets where they load. */
final class Loops {
  private static final boolean NATIVE = Epoll.isAvailable();

  private Loops() {}

  static EventLoopGroup one(String name) {
    IoHandlerFactory handlers = NATIVE ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name, true), handlers);
  }

  static Class<? extends SocketChannel> socket() {
    return NATIVE ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  static Class<? extends ServerChannel> listener() {
    return NATIVE ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** Returns which sockets these are, for people. */
  static String kind() {
    return NATIVE ? "Linux's own (epoll)" : "java.nio's";
  }
}

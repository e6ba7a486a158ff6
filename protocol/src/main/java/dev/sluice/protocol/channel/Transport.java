package dev.sluice.protocol.channel;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** The system's sockets: Linux's own where their library can be loaded, else java.nio's. */
enum Transport {
  EPOLL {
    @Override
    IoHandlerFactory handlers() {
      return EpollIoHandler.newFactory();
    }

    @Override
    Class<? extends SocketChannel> socket() {
      return EpollSocketChannel.class;
    }

    @Override
    Class<? extends ServerChannel> listener() {
      return EpollServerSocketChannel.class;
    }

    @Override
    void boundUnsent(Bootstrap bootstrap, int bytes) {
      bootstrap.option(EpollChannelOption.TCP_NOTSENT_LOWAT, (long) bytes);
    }
  },
  NIO {
    @Override
    IoHandlerFactory handlers() {
      return NioIoHandler.newFactory();
    }

    @Override
    Class<? extends SocketChannel> socket() {
      return NioSocketChannel.class;
    }

    @Override
    Class<? extends ServerChannel> listener() {
      return NioServerSocketChannel.class;
    }

    @Override
    void boundUnsent(Bootstrap bootstrap, int bytes) {}
  };

  static Transport best() {
    return Epoll.isAvailable() ? EPOLL : NIO;
  }

  abstract IoHandlerFactory handlers();

  abstract Class<? extends SocketChannel> socket();

  abstract Class<? extends ServerChannel> listener();

  /** Bounds what the kernel holds unsent, where the system can. */
  abstract void boundUnsent(Bootstrap bootstrap, int bytes);

  /** Returns event loops on daemon threads. */
  EventLoopGroup loops(int threads, String name) {
    return new MultiThreadIoEventLoopGroup(
        threads, new DefaultThreadFactory(name, true), handlers());
  }
}

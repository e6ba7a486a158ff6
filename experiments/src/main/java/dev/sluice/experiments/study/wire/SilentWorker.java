package dev.sluice.experiments.study.wire;

import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Limits;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.Welcome;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** A worker that says Welcome and never reads a byte. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed Welcome shows as a client that never is up
final class SilentWorker implements AutoCloseable {
  private final EventLoopGroup group = Loops.one("silent-worker");
  private final Channel listener;

  SilentWorker() {
    listener =
        new ServerBootstrap()
            .group(group)
            .channel(Loops.listener())
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Welcoming());
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static final class Welcoming extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext c) {
      c.writeAndFlush(
          new MessageFrames()
              .write(
                  c.alloc(),
                  new Welcome(Handshake.VERSION, "silent", Limits.DEFAULT, LoadReport.IDLE)));
    }
  }
}

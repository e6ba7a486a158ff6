package dev.sluice.experiments.study.wire;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * The least that a request and its reply can cost with Netty: a length, the bytes, and replies in
 * the order of the requests.
 *
 * <p>The worker never copies a payload out of Netty's buffers, so this is more than any program
 * that works with the bytes could reach.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failed writes end in channelInactive
final class BareEcho {
  private static final int LENGTH_BYTES = 4;
  private static final int MAX_FRAME_BYTES = 1 << 24;

  private BareEcho() {}

  private static LengthFieldBasedFrameDecoder decoder() {
    return new LengthFieldBasedFrameDecoder(MAX_FRAME_BYTES, 0, LENGTH_BYTES, 0, LENGTH_BYTES);
  }

  /** Starts to listen on a free port of the loopback interface, for the life of the process. */
  static int serve() {
    Channel listener =
        new ServerBootstrap()
            .group(Loops.one("bare-server"))
            .channel(Loops.listener())
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(decoder(), new Answering());
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  private static final class Answering extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext c, Object message) {
      ByteBuf request = (ByteBuf) message;
      int wanted = request.getInt(request.readerIndex());
      if (wanted == Payload.ECHO) {
        c.write(c.alloc().directBuffer(LENGTH_BYTES).writeInt(request.readableBytes()));
        c.write(request);
        return;
      }
      request.release();
      c.write(c.alloc().directBuffer(LENGTH_BYTES + wanted).writeInt(wanted).writeZero(wanted));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext c) {
      c.flush();
    }
  }

  /** Connects to such a worker. */
  static Caller connect(int port, byte[] payload) {
    EventLoopGroup group = Loops.one("bare-client");
    Calling calling = new Calling();
    Channel channel =
        new Bootstrap()
            .group(group)
            .channel(Loops.socket())
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel fresh) {
                    fresh.pipeline().addLast(decoder(), calling);
                  }
                })
            .connect("127.0.0.1", port)
            .syncUninterruptibly()
            .channel();
    return new Caller() {
      @Override
      public void call(Reply reply) {
        if (!channel.eventLoop().inEventLoop()) {
          channel.eventLoop().execute(() -> call(reply));
          return;
        }
        calling.waiting.add(reply);
        ByteBuf request = channel.alloc().directBuffer(LENGTH_BYTES + payload.length);
        channel.write(request.writeInt(payload.length).writeBytes(payload));
        if (!calling.reading) {
          channel.flush();
        }
      }

      @Override
      public void close() {
        channel.close().syncUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      }
    };
  }

  /** Used on the event loop only. */
  private static final class Calling extends ChannelInboundHandlerAdapter {
    final Queue<Caller.Reply> waiting = new ArrayDeque<>();
    boolean reading;

    @Override
    public void channelRead(ChannelHandlerContext c, Object message) {
      ((ByteBuf) message).release();
      reading = true;
      waiting.remove().arrived();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext c) {
      reading = false;
      c.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext c) {
      while (!waiting.isEmpty()) {
        waiting.remove().failed("the bare connection closed");
      }
    }
  }
}

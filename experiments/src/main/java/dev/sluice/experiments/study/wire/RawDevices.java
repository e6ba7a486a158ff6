package dev.sluice.experiments.study.wire;

import dev.sluice.experiments.demo.DemoException;
import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameDecoder;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.Ping;
import dev.sluice.protocol.message.Pong;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.protocol.message.SendStamp;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Many devices on one event loop that speak the protocol and no more: they greet and answer pings,
 * or flood the worker with requests and read nothing.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // failed writes close the connection, which is counted
final class RawDevices implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;

  /** A worker takes no more from one address that have not greeted than twice as many. */
  private static final int MOST_UNWELCOME = 32;

  private static final int READ_BYTES = 4 << 10;
  private static final int RECEIVE_BUFFER_BYTES = 8 << 10;
  private static final int FLOOD_PAYLOAD_BYTES = 1 << 10;

  private final EventLoopGroup group = Loops.one("devices");
  private final List<Channel> channels = new ArrayList<>();
  private final LongAdder floodedBytes = new LongAdder();
  private final LongAdder lost = new LongAdder();

  private RawDevices() {}

  /** Connects so many devices, one after the other, and waits until all are welcome. */
  static RawDevices connect(int port, int count) throws InterruptedException {
    RawDevices devices = new RawDevices();
    CountDownLatch welcome = new CountDownLatch(count);
    Bootstrap bootstrap =
        new Bootstrap()
            .group(devices.group)
            .channel(Loops.socket())
            .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    FrameDecoder decoder = new FrameDecoder(System::nanoTime, 0);
                    channel.pipeline().addLast(decoder, devices.new Device(welcome));
                  }
                });
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    for (int i = 0; i < count; i++) {
      while (i - (count - welcome.getCount()) >= MOST_UNWELCOME && System.nanoTime() < deadline) {
        Thread.sleep(1);
      }
      devices.channels.add(bootstrap.connect("127.0.0.1", port).syncUninterruptibly().channel());
    }
    if (!welcome.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      devices.close();
      throw new DemoException(
          "of %d connections %d were not welcome".formatted(count, welcome.getCount()));
    }
    return devices;
  }

  /** From now on nothing is read, and requests are written as fast as the worker takes them. */
  void flood() {
    for (Channel channel : channels) {
      channel
          .eventLoop()
          .execute(
              () -> {
                channel.config().setAutoRead(false);
                channel.pipeline().get(Device.class).flood(channel);
              });
    }
  }

  /** Returns the bytes of requests that were handed to the sockets. */
  long floodedBytes() {
    return floodedBytes.sum();
  }

  /** Returns how many connections have ended. */
  long lost() {
    return lost.sum();
  }

  @Override
  public void close() {
    channels.forEach(Channel::close);
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private final class Device extends ChannelInboundHandlerAdapter {
    private final MessageFrames frames = new MessageFrames();
    private final CountDownLatch welcome;
    private final byte[] noise = new byte[FLOOD_PAYLOAD_BYTES];
    private boolean flooding;
    private long lastId;

    Device(CountDownLatch welcome) {
      this.welcome = welcome;
    }

    @Override
    public void channelActive(ChannelHandlerContext c) {
      frames.shareDigests(List.of(SluiceEcho.DIGEST));
      c.writeAndFlush(
          frames.write(c.alloc(), new Hello(Handshake.VERSION, "raw", SluiceEcho.DIGEST)));
    }

    @Override
    public void channelRead(ChannelHandlerContext c, Object message) throws ProtocolException {
      Frame frame = (Frame) message;
      try {
        MessageType type = FrameType.message(frame.type()).orElse(MessageType.GOODBYE);
        if (type == MessageType.WELCOME) {
          welcome.countDown();
        } else if (type == MessageType.PING) {
          Ping ping = (Ping) frames.read(type, frame);
          c.writeAndFlush(frames.write(c.alloc(), new Pong(ping.token(), 0, LoadReport.IDLE)));
        }
      } finally {
        frame.body().release();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext c) {
      lost.increment();
    }

    void flood(Channel channel) {
      flooding = true;
      write(channel);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext c) {
      write(c.channel());
    }

    private void write(Channel channel) {
      while (flooding && channel.isActive() && channel.isWritable()) {
        ByteBuffer payload = ByteBuffer.wrap(noise);
        InferHeader header =
            InferHeader.of(SluiceEcho.request(++lastId, payload), lastId, 0, SendStamp.UNKNOWN);
        ByteBuf infer = frames.writeInfer(channel.alloc(), header);
        ByteBuf data = frames.writeData(channel.alloc(), lastId, payload, noise.length);
        floodedBytes.add(infer.readableBytes() + data.readableBytes());
        channel.write(infer);
        channel.writeAndFlush(data);
      }
    }
  }
}

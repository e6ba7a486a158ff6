package dev.sluice.experiments.study.wire;

import io.grpc.CallOptions;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The same call with grpc-java: one unary method whose messages are the bytes as they are, written
 * and read the way that grpc's own protobuf marshaller does it, with the length known before.
 */
@SuppressWarnings("FutureReturnValueIgnored") // threads are daemons; nothing waits for their end
final class GrpcEcho {
  private static final String SERVICE = "Echo";
  private static final int MAX_MESSAGE_BYTES = 1 << 24;

  /** Whose threads call the program. */
  enum Executor {
    /** The event loop, as with Sluice: the faster one here. */
    EVENT_LOOP,
    /** A pool of threads, as grpc-java comes. */
    DEFAULT
  }

  private static final MethodDescriptor<byte[], byte[]> METHOD =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Call"))
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  private GrpcEcho() {}

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new KnownBytes(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        byte[] value = new byte[stream.available()];
        int read = stream.readNBytes(value, 0, value.length);
        if (read < value.length || stream.read() >= 0) {
          throw new IOException("grpc told a wrong length");
        }
        return value;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final class KnownBytes extends ByteArrayInputStream
      implements KnownLength, Drainable {
    KnownBytes(byte[] value) {
      super(value);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      return Math.toIntExact(transferTo(target));
    }
  }

  /** Starts to listen on a free port of the loopback interface, for the life of the process. */
  static int serve(Executor executor) throws IOException {
    EventLoopGroup group = Loops.one("grpc-server");
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .bossEventLoopGroup(group)
            .workerEventLoopGroup(group)
            .channelType(Loops.listener())
            .withChildOption(ChannelOption.TCP_NODELAY, true)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .addService(
                ServerServiceDefinition.builder(SERVICE)
                    .addMethod(METHOD, ServerCalls.asyncUnaryCall(GrpcEcho::answer))
                    .build());
    if (executor == Executor.EVENT_LOOP) {
      builder.directExecutor();
    }
    Server server = builder.build().start();
    return server.getPort();
  }

  private static void answer(byte[] request, StreamObserver<byte[]> reply) {
    reply.onNext(Payload.reply(request));
    reply.onCompleted();
  }

  /** Connects to such a worker. */
  static Caller connect(int port, byte[] payload, Executor executor) {
    EventLoopGroup group = Loops.one("grpc-client");
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .eventLoopGroup(group)
            .channelType(Loops.socket())
            .withOption(ChannelOption.TCP_NODELAY, true)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .usePlaintext();
    if (executor == Executor.EVENT_LOOP) {
      builder.directExecutor();
    }
    ManagedChannel channel = builder.build();
    return new Caller() {
      @Override
      public void call(Reply reply) {
        ClientCalls.asyncUnaryCall(
            channel.newCall(METHOD, CallOptions.DEFAULT), payload, new Observer(reply));
      }

      @Override
      public void close() {
        channel.shutdownNow();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      }
    };
  }

  private static final class Observer implements StreamObserver<byte[]> {
    private final Caller.Reply reply;
    private byte @Nullable [] value;

    Observer(Caller.Reply reply) {
      this.reply = reply;
    }

    @Override
    public void onNext(byte[] message) {
      value = message;
    }

    @Override
    public void onError(Throwable failure) {
      reply.failed("grpc: " + failure.getMessage());
    }

    @Override
    public void onCompleted() {
      if (value == null) {
        reply.failed("grpc: completed without a message");
      } else {
        reply.arrived();
      }
    }
  }
}

package dev.sluice.protocol.security;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Tells at the first bytes whether a caller speaks TLS, and makes room for it.
 *
 * <p>Who does not is let through in the clear as far as its Hello, to be refused in words that it
 * understands. A TLS connection begins with a handshake record:
 *
 * <pre>
 *  0       1       2       3
 * +-------+-------+-------+----
 * | 22    | 3     | 1..4  | ...
 * +-------+-------+-------+----
 * </pre>
 *
 * <p>A frame begins with its length, little-endian; none with these bytes is allowed before the
 * Welcome, since it would have more than 65,536 bytes.
 */
final class TlsDoor extends ByteToMessageDecoder {
  private static final int HANDSHAKE = 22;
  private static final int MAJOR_VERSION = 3;

  private final SslContext context;
  private final long timeoutNanos;

  TlsDoor(SslContext context, long timeoutNanos) {
    this.context = context;
    this.timeoutNanos = timeoutNanos;
  }

  @Override
  protected void decode(ChannelHandlerContext c, ByteBuf in, List<Object> out) {
    if (in.readableBytes() < 3) {
      return;
    }
    int at = in.readerIndex();
    int minor = in.getUnsignedByte(at + 2);
    boolean tls =
        in.getByte(at) == HANDSHAKE
            && in.getByte(at + 1) == MAJOR_VERSION
            && minor >= 1
            && minor <= 4;
    if (tls) {
      SslHandler handler = context.newHandler(c.alloc());
      handler.setHandshakeTimeout(timeoutNanos, TimeUnit.NANOSECONDS);
      c.pipeline().replace(this, "tls", handler);
    } else {
      c.pipeline().remove(this);
    }
  }
}

package dev.sluice.protocol.frame;

import dev.sluice.protocol.message.MessageCodec;
import dev.sluice.protocol.message.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the byte stream into {@link Frame}s and stamps them.
 *
 * <p>Control frames come whole. The body of a data frame is passed on as it comes, in as many
 * pieces as reads brought it, so that nothing is gathered here which would be copied once more
 * elsewhere.
 *
 * <p>A header is judged as soon as it is there: an unknown type or a length over the limit ends the
 * connection before a byte of the body is kept. After such a fault, which is told as a {@link
 * DecoderException} with a {@link ProtocolException} in it, everything that follows is thrown away.
 * One per connection, used on its event loop.
 */
public final class FrameDecoder extends ChannelInboundHandlerAdapter {
  private static final long NANOS_PER_BYTE = 1_000_000_000L / 1_024;

  private final LongSupplier nanoClock;
  private final byte[] header = new byte[Frame.HEADER_BYTES];
  private int maxDataBytes;

  private long readNanos;
  private long bytesRead;
  private long firstByteNanos;
  private int headerBytes;
  private int type;
  private long requestId;
  private int length;
  private int missing;
  private @Nullable ByteBuf body;
  private boolean broken;

  /**
   * @param nanoClock monotonic clock of the stamps
   * @param maxDataBytes largest body of a data frame; 0 where none may come
   */
  public FrameDecoder(LongSupplier nanoClock, int maxDataBytes) {
    this.nanoClock = nanoClock;
    this.maxDataBytes = maxDataBytes;
  }

  /** Sets the largest body of a data frame from the next frame on. */
  public void allowData(int maxBytes) {
    maxDataBytes = maxBytes;
  }

  /** Returns how many bytes the connection has brought, the read under way included. */
  public long bytesRead() {
    return bytesRead;
  }

  /**
   * Returns whether a frame has been waiting for its rest for too long.
   *
   * @param nowNanos time of the decoder's clock
   * @param patienceNanos how long it may, and a second more for each KiB of its body
   */
  public boolean isOverdue(long nowNanos, long patienceNanos) {
    if (headerBytes == 0) {
      return false;
    }
    long bodyNanos = headerBytes < Frame.HEADER_BYTES ? 0 : length * NANOS_PER_BYTE;
    return nowNanos - firstByteNanos - patienceNanos >= bodyNanos;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    readNanos = nanoClock.getAsLong();
    bytesRead += in.readableBytes();
    try {
      while (in.isReadable() && !broken) {
        step(context, in);
      }
    } catch (ProtocolException fault) {
      broken = true;
      forget();
      context.fireExceptionCaught(new DecoderException(fault));
    } finally {
      in.release();
    }
  }

  private void step(ChannelHandlerContext context, ByteBuf in) throws ProtocolException {
    if (headerBytes < Frame.HEADER_BYTES) {
      if (headerBytes == 0) {
        firstByteNanos = readNanos;
      }
      int bytes = Math.min(Frame.HEADER_BYTES - headerBytes, in.readableBytes());
      in.readBytes(header, headerBytes, bytes);
      headerBytes += bytes;
      if (headerBytes < Frame.HEADER_BYTES) {
        return;
      }
      readHeader();
    }
    if (type == FrameType.DATA) {
      passOn(context, in);
    } else {
      gather(context, in);
    }
  }

  private void readHeader() throws ProtocolException {
    long claimed = Integer.toUnsignedLong(Frame.intAt(header, 0));
    type = header[Frame.TYPE_AT] & 0xFF;
    requestId = Frame.longAt(header, Frame.REQUEST_ID_AT);
    boolean data = type == FrameType.DATA;
    if (!data && FrameType.message(type).isEmpty()) {
      throw ProtocolException.malformedConnection("unknown frame type " + type);
    }
    if (requestId < 0) {
      throw ProtocolException.malformedConnection("request id over 2^63 - 1");
    }
    int limit = data ? maxDataBytes : MessageCodec.MAX_CONTROL_BYTES;
    if (claimed > limit) {
      throw ProtocolException.tooLarge(
          "frame of type " + type + " has " + claimed + " bytes, at most " + limit);
    }
    if (data && claimed == 0) {
      throw ProtocolException.malformedConnection("data frame without data");
    }
    length = (int) claimed;
    missing = length;
  }

  private void passOn(ChannelHandlerContext context, ByteBuf in) {
    int bytes = Math.min(missing, in.readableBytes());
    if (bytes == 0) {
      return;
    }
    missing -= bytes;
    if (missing == 0) {
      headerBytes = 0;
    }
    context.fireChannelRead(
        new Frame(
            FrameType.DATA, requestId, in.readRetainedSlice(bytes), firstByteNanos, readNanos));
  }

  /** Keeps what has come of a control frame; room is made for that, not for what was promised. */
  private void gather(ChannelHandlerContext context, ByteBuf in) {
    ByteBuf whole = body;
    if (whole == null && in.readableBytes() >= missing) {
      whole = in.readRetainedSlice(missing);
    } else {
      if (whole == null) {
        whole = context.alloc().buffer(in.readableBytes(), missing);
        body = whole;
      }
      int bytes = Math.min(missing - whole.readableBytes(), in.readableBytes());
      whole.writeBytes(in, bytes);
      if (whole.readableBytes() < missing) {
        return;
      }
    }
    body = null;
    headerBytes = 0;
    context.fireChannelRead(new Frame(type, requestId, whole, firstByteNanos, readNanos));
  }

  private void forget() {
    ByteBuf unfinished = body;
    body = null;
    if (unfinished != null) {
      unfinished.release();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    forget();
    broken = true;
    super.channelInactive(context);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    forget();
    broken = true;
  }
}

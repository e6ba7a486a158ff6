package dev.sluice.protocol.frame;

import dev.sluice.protocol.message.MessageCodec;
import dev.sluice.protocol.message.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Cuts the byte stream into {@link Frame}s and stamps them.
 *
 * <p>A header is judged as soon as it is there: an unknown type or a length over the limit ends the
 * connection before a byte of the body is buffered. After such a fault everything that follows is
 * thrown away. One per connection, used on its event loop.
 */
public final class FrameDecoder extends ByteToMessageDecoder {
  private final LongSupplier nanoClock;
  private int maxDataBytes;
  private long readNanos;
  private long firstByteNanos;
  private boolean begun;
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

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    readNanos = nanoClock.getAsLong();
    super.channelRead(context, message);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws ProtocolException {
    if (broken) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (!in.isReadable()) {
      return;
    }
    if (!begun) {
      begun = true;
      firstByteNanos = readNanos;
    }
    if (in.readableBytes() < Frame.HEADER_BYTES) {
      return;
    }
    int start = in.readerIndex();
    long length = in.getUnsignedIntLE(start);
    int type = in.getUnsignedByte(start + 4);
    long requestId = in.getLongLE(start + 6);
    checkHeader(in, type, length, requestId);
    if (in.readableBytes() < Frame.HEADER_BYTES + length) {
      return;
    }
    in.skipBytes(Frame.HEADER_BYTES);
    ByteBuf body = in.readRetainedSlice((int) length);
    out.add(new Frame(type, requestId, body, firstByteNanos, readNanos));
    begun = false;
  }

  private void checkHeader(ByteBuf in, int type, long length, long requestId)
      throws ProtocolException {
    ProtocolException fault = null;
    if (type != FrameType.DATA && FrameType.message(type).isEmpty()) {
      fault = ProtocolException.malformedConnection("unknown frame type " + type);
    } else if (requestId < 0) {
      fault = ProtocolException.malformedConnection("request id over 2^63 - 1");
    } else {
      int limit = type == FrameType.DATA ? maxDataBytes : MessageCodec.MAX_CONTROL_BYTES;
      if (length > limit) {
        fault =
            ProtocolException.tooLarge(
                "frame of type " + type + " has " + length + " bytes, at most " + limit);
      }
    }
    if (fault != null) {
      broken = true;
      in.skipBytes(in.readableBytes());
      throw fault;
    }
  }
}

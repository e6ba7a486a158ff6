package dev.sluice.protocol.frame;

import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.MessageCodec;
import dev.sluice.protocol.message.MessageType;
import dev.sluice.protocol.message.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Messages to frames and back, for one connection. Hello and Welcome begin with magic number and
 * version, so that they can be judged before anything else in them is read.
 *
 * <pre>
 *  0               4       6
 * +---------------+-------+-----------------------
 * | "SLCE"        | version, u16le | message …
 * +---------------+-------+-----------------------
 * </pre>
 *
 * <p>Not thread-safe: used on the connection's event loop.
 */
public final class MessageFrames {
  private static final int PREAMBLE_BYTES = 6;

  private final MessageCodec messages = new MessageCodec();

  /** Sets the digests told in the Hello; requests for them need not repeat them. */
  public void shareDigests(List<String> digests) {
    messages.shareDigests(digests);
  }

  /** Returns the frame of a message that has no payload; the caller owns it. */
  public ByteBuf write(ByteBufAllocator allocator, Message message) {
    byte[] body = messages.encode(message);
    boolean greets = greets(message.type());
    int length = body.length + (greets ? PREAMBLE_BYTES : 0);
    ByteBuf out = allocator.buffer(Frame.HEADER_BYTES + length);
    Frame.writeHeader(out, message.type().wireId(), message.requestId(), length);
    if (greets) {
      out.writeIntLE(Handshake.MAGIC);
      out.writeShortLE(Handshake.VERSION);
    }
    return out.writeBytes(body);
  }

  /**
   * Returns the Infer frame; the data frames of its payloads must follow before the next request.
   */
  public ByteBuf writeInfer(ByteBufAllocator allocator, InferHeader header) {
    byte[] body = messages.encode(header);
    ByteBuf out = allocator.buffer(Frame.HEADER_BYTES + body.length);
    Frame.writeHeader(out, MessageType.INFER.wireId(), header.requestId(), body.length);
    return out.writeBytes(body);
  }

  /** Returns a data frame with the next {@code bytes} of a payload, whose position moves. */
  public ByteBuf writeData(
      ByteBufAllocator allocator, long requestId, ByteBuffer payload, int bytes) {
    ByteBuf out = allocator.buffer(Frame.HEADER_BYTES + bytes);
    Frame.writeHeader(out, FrameType.DATA, requestId, bytes);
    ByteBuffer part = payload.slice(payload.position(), bytes);
    payload.position(payload.position() + bytes);
    return out.writeBytes(part);
  }

  /** Reads a control frame other than Infer; the frame's owner stays the caller. */
  public Message read(MessageType type, Frame frame) throws ProtocolException {
    byte[] body = ByteBufUtil.getBytes(frame.body());
    int offset = 0;
    if (greets(type)) {
      checkPreamble(frame.body());
      offset = PREAMBLE_BYTES;
    }
    return messages.decode(type, frame.requestId(), body, offset, body.length - offset);
  }

  /** Reads an Infer frame; the frame's owner stays the caller. */
  public InferHeader readInfer(Frame frame) throws ProtocolException {
    if (frame.requestId() < 1) {
      throw ProtocolException.malformedConnection("Infer without request id");
    }
    byte[] body = ByteBufUtil.getBytes(frame.body());
    return messages.decodeInfer(frame.requestId(), body, 0, body.length);
  }

  private static boolean greets(MessageType type) {
    return type == MessageType.HELLO || type == MessageType.WELCOME;
  }

  private static void checkPreamble(ByteBuf body) throws ProtocolException {
    int start = body.readerIndex();
    if (body.readableBytes() < PREAMBLE_BYTES || body.getIntLE(start) != Handshake.MAGIC) {
      throw ProtocolException.malformedConnection(
          "handshake without the magic number; is this a Sluice peer?");
    }
    int version = body.getUnsignedShortLE(start + 4);
    if (version < Handshake.OLDEST_VERSION) {
      throw new ProtocolException(
          ErrorCode.UNSUPPORTED_VERSION,
          ProtocolException.Scope.CONNECTION,
          "peer speaks protocol version "
              + version
              + ", at least "
              + Handshake.OLDEST_VERSION
              + " is needed");
    }
  }
}

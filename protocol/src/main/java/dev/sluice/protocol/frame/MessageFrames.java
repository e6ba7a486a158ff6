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
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.FastThreadLocal;
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

  /** A codec is large beside a connection and serves one call at a time, so threads own them. */
  private static final FastThreadLocal<MessageCodec> CODECS =
      new FastThreadLocal<>() {
        @Override
        protected MessageCodec initialValue() {
          return new MessageCodec();
        }
      };

  /** Below this a copy costs less than a second buffer. */
  private static final int WRAPPED_BYTES = 2_048;

  private List<String> digests = List.of();

  /** Sets the digests told in the Hello; requests for them need not repeat them. */
  public void shareDigests(List<String> told) {
    digests = List.copyOf(told);
  }

  private MessageCodec messages() {
    MessageCodec codec = CODECS.get();
    codec.shareDigests(digests);
    return codec;
  }

  /** Returns the frame of a message that has no payload; the caller owns it. */
  public ByteBuf write(ByteBufAllocator allocator, Message message) {
    byte[] body = messages().encode(message);
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

  /** Returns the Infer frame, which comes before any data of its payloads. */
  public ByteBuf writeInfer(ByteBufAllocator allocator, InferHeader header) {
    byte[] body = messages().encode(header);
    ByteBuf out = allocator.buffer(Frame.HEADER_BYTES + body.length);
    Frame.writeHeader(out, MessageType.INFER.wireId(), header.requestId(), body.length);
    return out.writeBytes(body);
  }

  /** Returns a data frame with the next {@code bytes} of a payload, whose position moves. */
  public ByteBuf writeData(
      ByteBufAllocator allocator, long requestId, ByteBuffer payload, int bytes) {
    return writeData(allocator, requestId, List.of(payload), bytes);
  }

  /**
   * Returns a data frame with the next bytes of payloads that follow one another, whose positions
   * move. Large parts in direct memory are not copied: they must stay as they are until the frame
   * has been written.
   *
   * @param bytes how many, at least 1, at most what the payloads have left
   */
  public ByteBuf writeData(
      ByteBufAllocator allocator, long requestId, List<ByteBuffer> payloads, int bytes) {
    int at = 0;
    while (!payloads.get(at).hasRemaining()) {
      at++;
    }
    ByteBuffer first = payloads.get(at);
    if (first.isDirect() && bytes >= WRAPPED_BYTES && bytes <= first.remaining()) {
      ByteBuf header = allocator.directBuffer(Frame.HEADER_BYTES);
      Frame.writeHeader(header, FrameType.DATA, requestId, bytes);
      return allocator
          .compositeBuffer(2)
          .addComponents(true, header, Unpooled.wrappedBuffer(next(first, bytes)));
    }
    ByteBuf out = allocator.buffer(Frame.HEADER_BYTES + bytes);
    Frame.writeHeader(out, FrameType.DATA, requestId, bytes);
    for (int left = bytes; left > 0; at++) {
      ByteBuffer payload = payloads.get(at);
      int part = Math.min(left, payload.remaining());
      out.writeBytes(next(payload, part));
      left -= part;
    }
    return out;
  }

  private static ByteBuffer next(ByteBuffer payload, int bytes) {
    ByteBuffer part = payload.slice(payload.position(), bytes);
    payload.position(payload.position() + bytes);
    return part;
  }

  /** Reads a control frame other than Infer; the frame's owner stays the caller. */
  public Message read(MessageType type, Frame frame) throws ProtocolException {
    byte[] body = ByteBufUtil.getBytes(frame.body());
    int offset = 0;
    if (greets(type)) {
      checkPreamble(frame.body());
      offset = PREAMBLE_BYTES;
    }
    return messages().decode(type, frame.requestId(), body, offset, body.length - offset);
  }

  /** Reads an Infer frame; the frame's owner stays the caller. */
  public InferHeader readInfer(Frame frame) throws ProtocolException {
    if (frame.requestId() < 1) {
      throw ProtocolException.malformedConnection("Infer without request id");
    }
    byte[] body = ByteBufUtil.getBytes(frame.body());
    return messages().decodeInfer(frame.requestId(), body, 0, body.length);
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

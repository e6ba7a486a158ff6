package dev.sluice.protocol.channel;

import dev.sluice.protocol.frame.Frame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/** A frame as bytes, right or wrong. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record RawFrame(int type, int flags, long requestId, byte[] body) {
  RawFrame withBody(byte[] other) {
    return new RawFrame(type, flags, requestId, other);
  }

  /** Returns the bytes of frames, with the lengths that they have. */
  static byte[] join(List<RawFrame> frames) {
    ByteBuf out = Unpooled.buffer();
    for (RawFrame frame : frames) {
      out.writeIntLE(frame.body.length);
      out.writeByte(frame.type);
      out.writeByte(frame.flags);
      out.writeLongLE(frame.requestId);
      out.writeBytes(frame.body);
    }
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    return bytes;
  }

  /** Cuts well-framed bytes into their frames. */
  static List<RawFrame> split(ByteBuf in) {
    List<RawFrame> frames = new ArrayList<>();
    while (in.readableBytes() >= Frame.HEADER_BYTES) {
      int length = in.readIntLE();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      long requestId = in.readLongLE();
      byte[] body = new byte[length];
      in.readBytes(body);
      frames.add(new RawFrame(type, flags, requestId, body));
    }
    if (in.isReadable()) {
      throw new IllegalStateException(in.readableBytes() + " bytes that are no frame");
    }
    return frames;
  }
}

package dev.sluice.protocol.frame;

import io.netty.buffer.ByteBuf;

/**
 * A frame as received.
 *
 * @param type see {@link FrameType}
 * @param requestId the request it belongs to, 0 for the connection
 * @param body its bytes without the header; whoever handles the frame releases it
 * @param firstByteNanos when the read that brought its first byte returned
 * @param lastByteNanos when the read that brought its last byte returned
 */
public record Frame(
    int type, long requestId, ByteBuf body, long firstByteNanos, long lastByteNanos) {
  /** Bytes before the body. */
  public static final int HEADER_BYTES = 14;

  /**
   * Writes a frame's header.
   *
   * <pre>
   *  0               4       5       6                               14
   * +---------------+-------+-------+-------------------------------+----------------
   * | body length   | type  | flags | request id                    | body …
   * | u32le         | u8    | u8, 0 | u64le                         |
   * +---------------+-------+-------+-------------------------------+----------------
   * </pre>
   */
  public static void writeHeader(ByteBuf out, int type, long requestId, int bodyBytes) {
    out.writeIntLE(bodyBytes);
    out.writeByte(type);
    out.writeByte(0);
    out.writeLongLE(requestId);
  }
}

package dev.sluice.protocol.frame;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A frame as received, or a piece of a data frame's body.
 *
 * @param type see {@link FrameType}
 * @param requestId the request it belongs to, 0 for the connection
 * @param body its bytes without the header, at least one of a data frame; whoever handles the frame
 *     releases it
 * @param firstByteNanos when the read that brought the frame's first byte returned
 * @param lastByteNanos when the read that brought the last byte of {@code body} returned
 */
public record Frame(
    int type, long requestId, ByteBuf body, long firstByteNanos, long lastByteNanos) {
  /** Bytes before the body. */
  public static final int HEADER_BYTES = 14;

  static final int TYPE_AT = 4;
  static final int REQUEST_ID_AT = 6;

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  static int intAt(byte[] header, int at) {
    return (int) INTS.get(header, at);
  }

  static long longAt(byte[] header, int at) {
    return (long) LONGS.get(header, at);
  }

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

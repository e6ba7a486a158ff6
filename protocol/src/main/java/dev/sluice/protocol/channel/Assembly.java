package dev.sluice.protocol.channel;

import dev.sluice.protocol.message.Arrival;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.SendStamp;
import io.netty.buffer.ByteBuf;

/**
 * A request whose data is coming in. Its room grows with what has come, never with what was
 * promised. Confined to the connection's event loop.
 */
final class Assembly {
  private static final byte[] NOTHING = {};
  private static final int FIRST_BYTES = 1 << 12;

  /** No request is longer on its way; a stamp that says so is wrong. */
  private static final long LONGEST_WAY_NANOS = 3_600_000_000_000L;

  /** Slower than this, and no device waits for the answer. */
  private static final long NANOS_PER_BYTE = 1_000_000_000L / 1_024;

  final InferHeader header;
  final long firstByteNanos;
  final Deadline deadline;

  /** Payload bytes, of which so many have come. */
  final int total;

  private final PayloadArrays arrays;
  private int received;
  private byte[] data = NOTHING;
  private long firstDataNanos;
  private long lastDataNanos;
  private long bytesAtFirstData;
  private long bytesAtLastData;

  /**
   * @param total what the header says, within the limits
   */
  Assembly(InferHeader header, long firstByteNanos, int total, PayloadArrays arrays) {
    this.header = header;
    this.firstByteNanos = firstByteNanos;
    this.total = total;
    deadline = deadline(header, firstByteNanos);
    this.arrays = arrays;
  }

  /**
   * Returns the deadline on the worker's clock: counted from when the request was sent where the
   * device knows how the clocks stand, else from its first byte.
   */
  static Deadline deadline(InferHeader header, long firstByteNanos) {
    long left = header.deadlineRemainingNanos();
    if (left == 0) {
      return Deadline.NONE;
    }
    SendStamp sent = header.sent();
    long onTheWay = sent.isKnown() ? firstByteNanos - sent.workerNanos() : 0;
    if (onTheWay <= 0 || onTheWay > LONGEST_WAY_NANOS) {
      // Nothing is sent after it has come, nor hours before.
      return Deadline.after(firstByteNanos, left, 0);
    }
    return Deadline.after(sent.workerNanos(), left, Math.min(sent.errorNanos(), onTheWay));
  }

  int missing() {
    return total - received;
  }

  /**
   * Takes the next bytes, at most {@link #missing}.
   *
   * @param bytesRead what the connection has brought, up to the read that brought these
   */
  void add(ByteBuf piece, long readNanos, long bytesRead) {
    int bytes = piece.readableBytes();
    if (received == 0) {
      firstDataNanos = readNanos;
      bytesAtFirstData = bytesRead;
    }
    if (received + bytes > data.length) {
      long doubled = Math.max(Math.max(FIRST_BYTES, 2L * data.length), (long) received + bytes);
      byte[] larger = arrays.take((int) Math.min(total, doubled));
      System.arraycopy(data, 0, larger, 0, received);
      arrays.giveBack(data);
      data = larger;
    }
    piece.readBytes(data, received, bytes);
    received += bytes;
    lastDataNanos = readNanos;
    bytesAtLastData = bytesRead;
  }

  /** Returns whether too little has come so far for the rest to be waited for. */
  boolean isTooSlow(long nowNanos, long patienceNanos) {
    return nowNanos - firstByteNanos - patienceNanos > received * NANOS_PER_BYTE;
  }

  /** Returns how the data came in. */
  Arrival arrival() {
    return new Arrival(
        (int) Math.min(Integer.MAX_VALUE, bytesAtLastData - bytesAtFirstData),
        Math.max(0, lastDataNanos - firstDataNanos));
  }

  /** Returns what has come, in an array that may be longer. */
  byte[] data() {
    return data;
  }

  /** Returns the request, when nothing is missing. */
  Infer whole() {
    return header.withPayloads(data);
  }
}

package dev.sluice.sim.link;

/**
 * How the connections' TCP behaves. Immutable.
 *
 * @param segmentBytes most payload per packet, in [64, 65536]; a packet arrives as a whole
 * @param initialWindowBytes what a connection may have under way when it is new or was idle, at
 *     least {@code segmentBytes}
 * @param maxWindowBytes the most it may ever have under way, at least {@code initialWindowBytes}
 * @param idleFloorNanos a connection counts as idle when it sent nothing for a round trip and this
 *     long, at least 0; also what a retransmission timeout has beyond a round trip
 * @param handshake whether a new connection first spends a round trip on its handshake
 * @param handshakeDelayNanos and this much more, as a busy listener takes, at least 0
 */
public record TcpOptions(
    int segmentBytes,
    int initialWindowBytes,
    int maxWindowBytes,
    long idleFloorNanos,
    boolean handshake,
    long handshakeDelayNanos) {
  /**
   * Packets of 1448 bytes, first window of ten packets (RFC 6928), at most 4 MiB under way, idle
   * after a round trip and 200 ms (the floor of Linux's retransmission timeout), a handshake.
   */
  public static final TcpOptions DEFAULT =
      new TcpOptions(1448, 14_480, 4 << 20, 200_000_000L, true, 0);

  /** No handshake, no slow start, no idle restart. */
  public static final TcpOptions IDEAL =
      new TcpOptions(1448, Integer.MAX_VALUE, Integer.MAX_VALUE, 0, false, 0);

  /** Checks the ranges. */
  public TcpOptions {
    check(segmentBytes >= 64 && segmentBytes <= 65_536, "segmentBytes", segmentBytes);
    check(initialWindowBytes >= segmentBytes, "initialWindowBytes", initialWindowBytes);
    check(maxWindowBytes >= initialWindowBytes, "maxWindowBytes", maxWindowBytes);
    check(idleFloorNanos >= 0, "idleFloorNanos", idleFloorNanos);
    check(handshakeDelayNanos >= 0, "handshakeDelayNanos", handshakeDelayNanos);
  }

  /** Returns these options with a handshake that takes longer by so much. */
  public TcpOptions withHandshakeDelay(long nanos) {
    return new TcpOptions(
        segmentBytes, initialWindowBytes, maxWindowBytes, idleFloorNanos, handshake, nanos);
  }

  private static void check(boolean holds, String name, long value) {
    if (!holds) {
      throw new IllegalArgumentException(name + " out of range: " + value);
    }
  }
}

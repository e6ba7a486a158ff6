package dev.sluice.protocol.message;

/**
 * How a request's data came in, spread over time: bytes over nanos is the rate at which the link
 * delivered them, free of round trips and of clocks.
 *
 * @param bytes bytes of the connection, whatever they belonged to, that came after the read that
 *     brought the request's first data, up to the one that brought the last; at least 0. 0 when all
 *     came at once, which says nothing
 * @param nanos time between those two reads, at least 0
 */
public record Arrival(int bytes, long nanos) {
  /** Nothing is known. */
  public static final Arrival UNKNOWN = new Arrival(0, 0);

  public Arrival {
    if (bytes < 0 || nanos < 0) {
      throw new IllegalArgumentException(
          "arrival must not be negative: " + bytes + " bytes in " + nanos + " ns");
    }
  }
}

package dev.sluice.sim.fleet;

/**
 * One device's uplink to its worker, message by message: what {@link dev.sluice.sim.link.LinkModel}
 * does packet by packet, in closed form. Not thread-safe.
 *
 * <p>Messages leave one after the other at the rate of a table, stand still while the cell is out,
 * and arrive half a round trip later. A connection that was idle sends its first window and waits
 * for acknowledgements until the window covers the path: each round trip of slow start doubles it
 * (RFC 5681, section 3.1; RFC 6928 for the first window). Simplified against the packet model:
 * acknowledgements come back for whole windows, and an outage does not shrink the window of the
 * message that it interrupts.
 */
public final class RadioLink {
  private static final int FIRST_WINDOW_BYTES = 14_480;
  private static final int MOST_WINDOW_BYTES = 4 << 20;
  private static final int SEGMENT_BYTES = 1448;
  private static final long IDLE_FLOOR_NANOS = 200_000_000L;

  private final RateTable rates;
  private final long offsetNanos;
  private final Outages outages;
  private final long roundTripNanos;
  private long freeNanos;
  private long windowBytes = FIRST_WINDOW_BYTES;

  /**
   * Lays a link.
   *
   * @param rates shared by many
   * @param offsetNanos where in the table time zero is, at least 0
   * @param outages of its cell
   * @param roundTripNanos without queueing or transmission, at least 0
   */
  public RadioLink(RateTable rates, long offsetNanos, Outages outages, long roundTripNanos) {
    if (offsetNanos < 0 || roundTripNanos < 0) {
      throw new IllegalArgumentException(
          "offset and round trip must not be negative: " + offsetNanos + ", " + roundTripNanos);
    }
    this.rates = rates;
    this.offsetNanos = offsetNanos;
    this.outages = outages;
    this.roundTripNanos = roundTripNanos;
  }

  /** Returns the round trip of a tiny message. */
  public long roundTripNanos() {
    return roundTripNanos;
  }

  /** Returns when everything handed over so far has left. */
  public long freeNanos() {
    return freeNanos;
  }

  /** Returns since when nothing passes, for whatever reason, or -1 if something does. */
  public long silentSince(long nanos) {
    long out = outages.since(nanos);
    long still = rates.stillSince(offsetNanos + nanos);
    if (still < 0) {
      return out;
    }
    long since = Math.max(0, still - offsetNanos);
    return out < 0 ? since : Math.min(out, since);
  }

  /** Returns the rate at a time, 0 in an outage. */
  public double bytesPerSecond(long nanos) {
    return outages.since(nanos) >= 0 ? 0 : rates.bytesPerSecond(offsetNanos + nanos);
  }

  /**
   * Sends a message behind all before it.
   *
   * @param bytes at least 1
   * @param readyNanos when it is handed over
   * @return when its last byte has left
   */
  public long send(int bytes, long readyNanos) {
    long start = Math.max(readyNanos, freeNanos);
    if (readyNanos - freeNanos > roundTripNanos + IDLE_FLOOR_NANOS) {
      windowBytes = Math.min(windowBytes, FIRST_WINDOW_BYTES);
    }
    double left = bytes;
    long time = start;
    while (left > windowBytes) {
      /* The window is out: either its first acknowledgement is there before its last byte left. */
      long first = leftNanos(time, Math.min(left, SEGMENT_BYTES)) + roundTripNanos;
      long sent = leftNanos(time, (double) windowBytes);
      left -= windowBytes;
      time = Math.max(first, sent);
      windowBytes = Math.min(MOST_WINDOW_BYTES, 2 * windowBytes);
      if (sent >= first) {
        break;
      }
    }
    freeNanos = leftNanos(time, left);
    return freeNanos;
  }

  /**
   * Gives up what has not left by a time; what is just being sent in an outage stays till its end.
   *
   * @param nanos when
   */
  public void cutOff(long nanos) {
    if (freeNanos > nanos) {
      freeNanos = outages.over(nanos);
    }
  }

  /**
   * Returns how long a message that is handed over at a time would take to leave, without sending
   * it, were nothing before it.
   */
  public long transferNanos(int bytes, long nanos) {
    return leftNanos(nanos, bytes) - nanos;
  }

  /** Returns when what leaves one end at a time is at the other. */
  public long arrivalNanos(long leftNanos) {
    return outages.over(leftNanos + roundTripNanos / 2);
  }

  /** When so many bytes have left from a time on. */
  private long leftNanos(long fromNanos, double bytes) {
    double left = bytes;
    long time = outages.over(fromNanos);
    while (true) {
      double before = rates.bytesBefore(offsetNanos + time);
      long end = Math.max(time, rates.positionOf(before + left) - offsetNanos);
      long out = outages.next(time);
      if (end <= out) {
        return end;
      }
      left -= rates.bytesBefore(offsetNanos + out) - before;
      time = outages.over(out);
    }
  }
}

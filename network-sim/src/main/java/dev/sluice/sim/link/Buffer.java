package dev.sluice.sim.link;

/**
 * The queue in front of a direction's transmitter. Immutable.
 *
 * <p>A link without one lets a packet leave its sender only when the transmitter is free, as a
 * sender that paces itself perfectly would. With one, senders fill it as far as their congestion
 * windows let them, every packet of the link waits in it in order of arrival, and what finds it
 * full is lost: delay grows under load ("bufferbloat": Gettys and Nichols, ACM Queue 9(11), 2011).
 */
public sealed interface Buffer {
  /** Returns no queue. */
  static Buffer none() {
    return new None();
  }

  /**
   * Returns how many bytes it holds.
   *
   * @param bytesPerSecond the present rate, at least 0
   */
  long limitBytes(double bytesPerSecond);

  /** Returns whether packets wait in it at all. */
  default boolean standing() {
    return !(this instanceof None);
  }

  /** No queue: packets wait at their senders. */
  record None() implements Buffer {
    @Override
    public long limitBytes(double bytesPerSecond) {
      return Long.MAX_VALUE;
    }
  }

  /**
   * A queue of fixed size, as most have.
   *
   * @param bytes in [3000, 2^30]: two full packets at least
   */
  record OfBytes(int bytes) implements Buffer {
    static final int LEAST_BYTES = 3_000;

    /** Checks the range. */
    public OfBytes {
      if (bytes < LEAST_BYTES || bytes > 1 << 30) {
        throw new IllegalArgumentException(
            "a buffer holds from " + LEAST_BYTES + " bytes to 1 GiB: " + bytes);
      }
    }

    @Override
    public long limitBytes(double bytesPerSecond) {
      return bytes;
    }
  }

  /**
   * A queue that holds what the present rate sends in a given time, but two full packets at least.
   *
   * @param nanos in (0, 60 s]
   */
  record OfTime(long nanos) implements Buffer {
    /** Checks the range. */
    public OfTime {
      if (nanos <= 0 || nanos > 60_000_000_000L) {
        throw new IllegalArgumentException("a buffer lasts up to 60 s: " + nanos + " ns");
      }
    }

    @Override
    public long limitBytes(double bytesPerSecond) {
      return Math.max(OfBytes.LEAST_BYTES, (long) (bytesPerSecond * nanos / 1e9));
    }
  }
}

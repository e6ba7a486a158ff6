package dev.sluice.protocol.channel;

/**
 * How fast bytes arrive at the worker, and how large a chunk may therefore be.
 *
 * <p>A chunk is what the link carries in 25 ms, so that whatever becomes urgent while one is
 * written waits no longer than that; never less than 512 bytes, of which the frame's header is 3 %.
 * Not thread-safe.
 */
final class RateMeter {
  static final int MIN_CHUNK_BYTES = 512;
  private static final int FIRST_CHUNK_BYTES = 1_024;
  private static final double CHUNK_NANOS = 25e6;

  private double bytesPerNano;

  /**
   * Learns what has arrived between two moments.
   *
   * @param busy whether the link had something to carry all the time; if not, it may be faster
   */
  void onArrived(long bytes, long nanos, boolean busy) {
    if (bytes <= 0) {
      return;
    }
    double sample = bytes / (double) Math.max(1, nanos);
    if (bytesPerNano == 0) {
      bytesPerNano = sample;
    } else if (busy || sample > bytesPerNano) {
      bytesPerNano = (bytesPerNano + sample) / 2;
    }
  }

  boolean isKnown() {
    return bytesPerNano > 0;
  }

  /** Returns the time that bytes take, infinite while nothing is known. */
  double nanosFor(long bytes) {
    return bytesPerNano > 0 ? bytes / bytesPerNano : Double.POSITIVE_INFINITY;
  }

  /** Returns how many bytes a chunk should have, at most {@code most}. */
  int chunkBytes(int most) {
    double wanted = bytesPerNano > 0 ? bytesPerNano * CHUNK_NANOS : FIRST_CHUNK_BYTES;
    return (int) Math.min(most, Math.max(MIN_CHUNK_BYTES, wanted));
  }
}

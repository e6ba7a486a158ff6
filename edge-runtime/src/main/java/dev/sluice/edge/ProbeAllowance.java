package dev.sluice.edge;

import java.util.Optional;

/**
 * When the next probe may go out: not too soon after the last, and not while more was sent than
 * probes may in the long run. A few may follow each other all the same, as those of a link that
 * nobody knows yet must. Mutable, confined to the loop.
 */
final class ProbeAllowance {
  /** With more than that owed no probe goes out: so two of the largest may follow each other. */
  private static final double BURST_BYTES = 12_000;

  private final long gapNanos;
  private final double bytesPerNano;
  private Optional<Long> lastNanos = Optional.empty();

  /** What went out and is not made up for by time yet, as of the last probe. */
  private double owedBytes;

  /**
   * @param gapNanos least distance of two probes of a link whose rate was measured, at least 0
   * @param bytesPerSecond what probes may send in the long run, at least 0; infinite = bounded by
   *     nothing
   */
  ProbeAllowance(long gapNanos, double bytesPerSecond) {
    this.gapNanos = gapNanos;
    this.bytesPerNano = bytesPerSecond / 1e9;
  }

  /**
   * Returns whether a probe may go out.
   *
   * @param measured whether the link's rate was measured
   */
  boolean allows(boolean measured, long now) {
    boolean soon = measured && lastNanos.map(last -> now - last < gapNanos).orElse(false);
    return !soon && bytesPerNano > 0 && owedBytes(now) <= BURST_BYTES;
  }

  /** A probe of so many bytes went out. */
  void took(int bytes, long now) {
    owedBytes = owedBytes(now) + bytes;
    lastNanos = Optional.of(now);
  }

  private double owedBytes(long now) {
    if (bytesPerNano == Double.POSITIVE_INFINITY) {
      return 0;
    }
    double since = lastNanos.map(last -> (double) Math.max(0, now - last)).orElse(0.0);
    return Math.max(0, owedBytes - since * bytesPerNano);
  }
}

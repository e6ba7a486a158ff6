package dev.sluice.experiments.fleet;

/**
 * When frames come to a device. Immutable.
 *
 * @param periodNanos mean time between frames of one device, positive
 * @param random whether times are exponential, as those of events in front of a camera, or all
 *     alike, as those of a timer
 */
public record Arrivals(long periodNanos, boolean random) {
  public Arrivals {
    if (periodNanos <= 0) {
      throw new IllegalArgumentException("period must be positive: " + periodNanos);
    }
  }
}

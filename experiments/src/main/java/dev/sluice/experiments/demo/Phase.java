package dev.sluice.experiments.demo;

import java.util.Locale;
import java.util.Objects;

/**
 * A stretch of the demo during which the link does not change.
 *
 * @param name what a person calls it
 * @param seconds how long it lasts, positive
 * @param megabitsPerSecond rate either way, positive; 0 in an outage
 * @param roundTripMillis at least 0
 * @param outage whether nothing passes
 */
public record Phase(
    String name, double seconds, double megabitsPerSecond, double roundTripMillis, boolean outage) {

  public Phase {
    Objects.requireNonNull(name, "name");
    if (!(seconds > 0 && Double.isFinite(seconds))) {
      throw new IllegalArgumentException("phase must last: " + seconds + " s");
    }
    if (outage ? megabitsPerSecond != 0 : !(megabitsPerSecond > 0)) {
      throw new IllegalArgumentException("rate of " + name + ": " + megabitsPerSecond + " Mbit/s");
    }
    if (!(roundTripMillis >= 0)) {
      throw new IllegalArgumentException("round trip of " + name + ": " + roundTripMillis + " ms");
    }
  }

  /** A phase in which bytes pass. */
  public static Phase of(String name, double seconds, double megabitsPerSecond, double millis) {
    return new Phase(name, seconds, megabitsPerSecond, millis, false);
  }

  /** A phase in which nothing passes. */
  public static Phase outage(double seconds) {
    return new Phase("outage", seconds, 0, 0, true);
  }

  /** Name with rate and round trip. */
  public String describe() {
    return outage
        ? name
        : String.format(
            Locale.ROOT,
            "%s (%s Mbit/s, %.0f ms)",
            name,
            plain(megabitsPerSecond),
            roundTripMillis);
  }

  Phase scaled(double factor) {
    return new Phase(name, seconds * factor, megabitsPerSecond, roundTripMillis, outage);
  }

  private static String plain(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : Double.toString(value);
  }
}

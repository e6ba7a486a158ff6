package dev.sluice.scheduler;

import java.time.Duration;

/**
 * What keeps a device from changing plans for nothing, and many devices from changing together.
 * Immutable.
 *
 * @param gainSds how many standard deviations of a gain, as the uncertainty of the estimates makes
 *     them, are taken off it before it counts, at least 0
 * @param loadPatience mean time until a device responds to a change of the worker's load that
 *     leaves it everything to gain ({@link Pace}); zero = at once
 * @param seed of the random part of that time; devices under one worker need different ones
 */
public record Stability(double gainSds, Duration loadPatience, long seed) {
  /** Neither: every gain counts, every response is immediate. */
  public static final Stability NONE = new Stability(0, Duration.ZERO, 0);

  /** Two deviations, three seconds. */
  public static final Stability DEFAULT = new Stability(2, Duration.ofSeconds(3), 0);

  public Stability {
    if (!(gainSds >= 0 && gainSds <= 10)) {
      throw new IllegalArgumentException("gainSds not in [0, 10]: " + gainSds);
    }
    if (loadPatience.isNegative()) {
      throw new IllegalArgumentException("loadPatience must not be negative: " + loadPatience);
    }
  }

  /** Returns the same with another seed. */
  public Stability withSeed(long newSeed) {
    return new Stability(gainSds, loadPatience, newSeed);
  }
}

package dev.sluice.scheduler;

import java.time.Duration;

/**
 * What keeps a device from changing plans for nothing, and many devices from changing together.
 * Immutable.
 *
 * @param keepCaution with what part of the caution about link and worker a plan in use is judged
 *     before it is given up, in [-1, 1]: 1 = as it is taken up, 0 = on the central estimates, less
 *     = even where they are a little better than that, so that noise about a bound changes nothing
 * @param gainSds how many standard deviations of a gain, as the uncertainty of the estimates makes
 *     them, it must exceed, at least 0
 * @param loadPatience mean time until a device responds to a change of the worker's load that
 *     leaves it everything to gain ({@link Pace}); zero = at once
 * @param seed of the random part of that time; devices under one worker need different ones
 */
public record Stability(double keepCaution, double gainSds, Duration loadPatience, long seed) {
  /** None: central estimates, every gain counts, every response is immediate. */
  public static final Stability NONE = new Stability(0, 0, Duration.ZERO, 0);

  /** A quarter of the caution the other way, two deviations, three seconds. */
  public static final Stability DEFAULT = new Stability(-0.25, 2, Duration.ofSeconds(3), 0);

  public Stability {
    if (!(keepCaution >= -1 && keepCaution <= 1)) {
      throw new IllegalArgumentException("keepCaution not in [-1, 1]: " + keepCaution);
    }
    if (!(gainSds >= 0 && gainSds <= 10)) {
      throw new IllegalArgumentException("gainSds not in [0, 10]: " + gainSds);
    }
    if (loadPatience.isNegative()) {
      throw new IllegalArgumentException("loadPatience must not be negative: " + loadPatience);
    }
  }

  /** Returns the same with another seed. */
  public Stability withSeed(long newSeed) {
    return new Stability(keepCaution, gainSds, loadPatience, newSeed);
  }

  /** Returns the same that gives plans up with another caution. */
  public Stability keeping(double newKeepCaution) {
    return new Stability(newKeepCaution, gainSds, loadPatience, seed);
  }
}

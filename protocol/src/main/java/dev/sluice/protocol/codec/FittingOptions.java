package dev.sluice.protocol.codec;

/**
 * How tables are fitted.
 *
 * @param lambda squared steps that a bit is worth where thresholds are chosen; 0 for the least
 *     error. {@value #HIGH_RATE_LAMBDA} = ln 2 / 6 is the slope of a uniform quantiser at high
 *     rates, where the same bits could as well be saved by a larger step; in {@code [0, 2]}
 * @param maxValues how many values of samples are kept at most; beyond, every second sample is let
 *     go, so that those kept stay evenly spread. At least 1
 */
public record FittingOptions(double lambda, int maxValues) {
  /** The squared steps per bit at which a uniform quantiser trades them: ln 2 / 6. */
  public static final double HIGH_RATE_LAMBDA = 0.11552453009332421;

  /** 16 Mi values, 64 MiB. */
  public static final int DEFAULT_MAX_VALUES = 1 << 24;

  public FittingOptions {
    if (!(lambda >= 0 && lambda <= 2)) {
      throw new IllegalArgumentException("lambda not in [0, 2]: " + lambda);
    }
    if (maxValues < 1) {
      throw new IllegalArgumentException("no values to keep: " + maxValues);
    }
  }

  /** Returns lambda {@value #HIGH_RATE_LAMBDA} and 16 Mi values. */
  public static FittingOptions defaults() {
    return new FittingOptions(HIGH_RATE_LAMBDA, DEFAULT_MAX_VALUES);
  }

  /** Returns these options with another lambda. */
  public FittingOptions withLambda(double other) {
    return new FittingOptions(other, maxValues);
  }
}

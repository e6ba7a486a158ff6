package dev.sluice.model.exit;

import java.util.Locale;

/** Checking and writing the numbers of policies. */
final class Numbers {
  private static final double MOST_WITHOUT_FRACTION = 1e6;

  private Numbers() {}

  static void requireNotNegative(String name, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be finite and not negative: " + value);
    }
  }

  /** Returns the shortest text that reads as the same number; {@code never} for infinity. */
  static String text(double value) {
    if (Double.isInfinite(value)) {
      return "never";
    }
    return value == Math.rint(value) && value < MOST_WITHOUT_FRACTION
        ? String.format(Locale.ROOT, "%.0f", value)
        : Double.toString(value);
  }
}

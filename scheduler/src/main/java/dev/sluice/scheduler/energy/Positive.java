package dev.sluice.scheduler.energy;

/** Checks of the numbers that energy is made of. */
final class Positive {
  private Positive() {}

  /** Returns a number that is finite and not negative. */
  static double orZero(double value, String name) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + " must be finite and not negative: " + value);
    }
    return value;
  }

  /** Returns a number that is not negative. */
  static long orZero(long value, String name) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " must not be negative: " + value);
    }
    return value;
  }
}

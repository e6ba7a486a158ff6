package dev.sluice.protocol.codec;

/**
 * A uniform quantiser of step 1 with a dead zone, for magnitudes that are common in one context:
 * when a magnitude becomes 1, 2 or more, and what each is read as. Immutable.
 *
 * <p>All numbers are kept in 128ths, so that tables are small and the same everywhere.
 *
 * @param one magnitudes from here on become at least 1; in {@code [0, 255]} / 128
 * @param two from here on at least 2, less 1; in {@code [0, 255]} / 128
 * @param more k from 3 on begins at {@code k - 0.5 + more}; in {@code [-64, 127]} / 128
 * @param readOne a 1 is read as {@code 1 + readOne}; this and the next two in {@code [-64, 63]} /
 *     128
 * @param readTwo likewise
 * @param readMore likewise for all from 3 on
 */
record DeadZone(int one, int two, int more, int readOne, int readTwo, int readMore) {
  /** Number of parts in which a step is divided. */
  static final int UNIT = 128;

  /** Rounding to the nearest. */
  static final DeadZone NEAREST = new DeadZone(64, 64, 0, 0, 0, 0);

  DeadZone {
    check(one, 0, 255);
    check(two, 0, 255);
    check(more, -64, 127);
    check(readOne, -64, 63);
    check(readTwo, -64, 63);
    check(readMore, -64, 63);
    if (one > two + UNIT) {
      throw new IllegalArgumentException("2 begins at " + two + "+128 before 1 at " + one);
    }
  }

  private static void check(int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException("not in [" + min + ", " + max + "]: " + value);
    }
  }

  /** Returns the integer for a value; 0 for NaN, saturated at {@link Rounding#MAX}. */
  int quantize(float value) {
    float magnitude = Math.abs(value) * UNIT;
    if (!(magnitude >= one)) {
      return 0;
    }
    int level;
    if (magnitude < two + UNIT) {
      level = 1;
    } else {
      float shifted = (magnitude - more) / UNIT + 0.5f;
      level = (int) Math.max(2f, Math.min(Rounding.MAX, shifted));
    }
    return value < 0 ? -level : level;
  }

  /** Returns what an integer is read as. */
  float reconstruct(int level) {
    if (level == 0) {
      return 0;
    }
    int magnitude = Math.abs(level);
    int shift = magnitude == 1 ? readOne : magnitude == 2 ? readTwo : readMore;
    float value = magnitude + shift / (float) UNIT;
    return level < 0 ? -value : value;
  }

  void write(TableBytes.Writer out) {
    out.unsigned(one);
    out.unsigned(two);
    out.signed(more);
    out.signed(readOne);
    out.signed(readTwo);
    out.signed(readMore);
  }

  static DeadZone read(TableBytes.Reader in) {
    return new DeadZone(
        in.unsigned("threshold of 1", 0, 255),
        in.unsigned("threshold of 2", 0, 255),
        in.signed("threshold of more", -64, 127),
        in.signed("reading of 1", -64, 63),
        in.signed("reading of 2", -64, 63),
        in.signed("reading of more", -64, 63));
  }
}

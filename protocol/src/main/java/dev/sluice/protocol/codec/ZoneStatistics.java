package dev.sluice.protocol.codec;

/** What values became in one context, and the dead zone that follows. Not thread-safe. */
final class ZoneStatistics {
  /** Magnitudes that are counted one by one. */
  private static final int COUNTED = 5;

  /** Counts that keep what was hardly ever seen possible. */
  private static final double PRIOR = 0.25;

  /** Values beside which a reading's plain place counts. */
  private static final double PRIOR_VALUES = 8;

  private final double[] counts = new double[COUNTED + 1];
  private final double[] excess = new double[4];
  private final double[] read = new double[4];

  /** Counts a value that became a level. */
  void add(float value, int level) {
    int magnitude = Math.abs(level);
    counts[Math.min(COUNTED, magnitude)]++;
    int kind = Math.min(3, magnitude);
    read[kind]++;
    excess[kind] += Math.max(-1, Math.min(1, Math.abs(value) - magnitude));
  }

  /**
   * Returns readings at the centroids, and thresholds where squared error + lambda * bits is the
   * same on both sides.
   */
  DeadZone zone(double lambda) {
    double total = PRIOR * counts.length;
    for (double count : counts) {
      total += count;
    }
    double[] bits = new double[COUNTED];
    for (int magnitude = 0; magnitude < COUNTED; magnitude++) {
      double signs = magnitude == 0 ? 1 : 2;
      double share = (counts[magnitude] + PRIOR) / (signs * total);
      bits[magnitude] = -Math.log(share) / Math.log(2);
    }
    double[] reading = new double[4];
    for (int kind = 1; kind < 4; kind++) {
      double shift = excess[kind] / (read[kind] + PRIOR_VALUES);
      reading[kind] = Math.max(-0.5, Math.min(63 / 128.0, shift));
    }
    double one = threshold(lambda, 0, 1 + reading[1], bits[1] - bits[0]);
    double two = threshold(lambda, 1 + reading[1], 2 + reading[2], bits[2] - bits[1]);
    double further = Math.max(0, bits[4] - bits[3]);
    double more = threshold(lambda, reading[3], 1 + reading[3], further) - 0.5;
    int storedTwo = part(Math.max(1, Math.min(2.99, two)) - 1);
    int storedOne = part(Math.max(0.3, Math.min(1.99, one)));
    return new DeadZone(
        Math.min(storedOne, storedTwo + DeadZone.UNIT),
        storedTwo,
        part(Math.max(-0.5, Math.min(0.99, more))),
        part(reading[1]),
        part(reading[2]),
        part(reading[3]));
  }

  private static int part(double steps) {
    return (int) Math.round(steps * DeadZone.UNIT);
  }

  private static double threshold(double lambda, double lower, double upper, double moreBits) {
    double gap = Math.max(0.25, upper - lower);
    return (lower + upper) / 2 + lambda * moreBits / (2 * gap);
  }
}

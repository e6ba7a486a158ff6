package dev.sluice.scheduler.energy;

/**
 * Where a device's energy goes, in joules per frame, averaged over all frames. Immutable.
 *
 * @param networkJoules segments and exit heads
 * @param codingJoules preprocessing and encoding
 * @param waitingJoules staying awake for replies
 * @param promotionJoules bringing the radio up
 * @param transmitJoules sending payloads
 * @param receiveJoules receiving replies
 * @param tailJoules the radio staying up after transfers
 */
public record EnergyPerFrame(
    double networkJoules,
    double codingJoules,
    double waitingJoules,
    double promotionJoules,
    double transmitJoules,
    double receiveJoules,
    double tailJoules) {
  /** Nothing at all. */
  public static final EnergyPerFrame NONE = new EnergyPerFrame(0, 0, 0, 0, 0, 0, 0);

  /** Returns what computing takes. */
  public double computeJoules() {
    return networkJoules + codingJoules;
  }

  /** Returns what the radio takes. */
  public double radioJoules() {
    return promotionJoules + transmitJoules + receiveJoules + tailJoules;
  }

  /** Returns the sum of all parts. */
  public double totalJoules() {
    return computeJoules() + waitingJoules + radioJoules();
  }
}

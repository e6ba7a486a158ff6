package dev.sluice.scheduler.energy;

/**
 * What a radio draws at least, whatever else passes: in joules and nanoseconds, from moments at
 * which it is known to be busy. Immutable.
 *
 * <p>So long after such a moment the radio draws no less than it would if nothing had followed, and
 * what it draws while data pass if its tail should draw more. A tail that rises again counts at its
 * lowest so far. So the energy over a gap between two such moments is at least {@link #gapJoules},
 * and that is concave in the gap: more moments can only add to it.
 */
public final class RadioFloor {
  private final RadioPower radio;
  private final long tailNanos;
  private final double firstMilliwatts;
  private final double lastMilliwatts;

  private RadioFloor(RadioPower radio) {
    this.radio = radio;
    tailNanos = radio.tailNanos();
    double first = 0;
    double last = radio.activeMilliwatts();
    for (RadioPower.TailPhase phase : radio.tail()) {
      if (phase.nanos() > 0) {
        last = Math.min(last, phase.milliwatts());
        first = Math.max(first, last);
      }
    }
    firstMilliwatts = first;
    lastMilliwatts = tailNanos == 0 ? 0 : last;
  }

  /** Returns the floor of a radio. */
  public static RadioFloor of(RadioPower radio) {
    return new RadioFloor(radio);
  }

  /** Returns how long the radio stays up after a transfer. */
  public long tailNanos() {
    return tailNanos;
  }

  /** Returns the energy at least of a gap after a moment at which the radio is busy. */
  public double gapJoules(double gapNanos) {
    double joules = 0;
    double left = gapNanos;
    double milliwatts = radio.activeMilliwatts();
    for (int i = 0; i < radio.tail().size(); i++) {
      RadioPower.TailPhase phase = radio.tail().get(i);
      if (phase.nanos() > 0) {
        milliwatts = Math.min(milliwatts, phase.milliwatts());
        double nanos = Math.max(0, Math.min(left, (double) phase.nanos()));
        joules += milliwatts * nanos * 1e-12;
        left -= nanos;
      }
    }
    return joules;
  }

  /** Returns what a radio draws at least that is up. */
  public double upJoules(double nanos) {
    return lastMilliwatts * nanos * 1e-12;
  }

  /** Returns what passing data adds to {@link #gapJoules} of the same time. */
  public double passingJoules(double nanos) {
    return (radio.activeMilliwatts() - firstMilliwatts) * nanos * 1e-12;
  }

  /** Returns what passing data takes, whatever the rate, beside what bits cost. */
  public double activeJoules(double nanos) {
    return radio.activeMilliwatts() * nanos * 1e-12;
  }

  /** Returns what bits received take beside the time. */
  public double receiveJoules(double bytes) {
    return radio.receiveMillijoulesPerMegabit() * bytes * 8e-9;
  }

  /** Returns what it takes to come up. */
  public double promotionJoules() {
    return radio.promotionJoules();
  }
}

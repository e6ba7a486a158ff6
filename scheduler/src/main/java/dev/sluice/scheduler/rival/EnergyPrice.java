package dev.sluice.scheduler.rival;

/** What computing and sending cost a device in energy. Implementations are thread-safe. */
public interface EnergyPrice {
  /**
   * Returns the energy of computing, in joules.
   *
   * @param nanos time that the device computes, at least 0
   */
  double computeJoules(double nanos);

  /**
   * Returns the energy of sending, in joules.
   *
   * @param nanos time that the radio sends, at least 0
   * @param bytes what it sends, at least 0
   */
  double uplinkJoules(double nanos, double bytes);

  /**
   * Returns constant powers times time, as Neurosurgeon's algorithm has it.
   *
   * @param computeWatts finite, at least 0
   * @param uplinkWatts finite, at least 0
   */
  static EnergyPrice ofWatts(double computeWatts, double uplinkWatts) {
    for (double watts : new double[] {computeWatts, uplinkWatts}) {
      if (!(watts >= 0 && watts < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("a power must be finite and not negative: " + watts);
      }
    }
    return new EnergyPrice() {
      @Override
      public double computeJoules(double nanos) {
        return nanos * 1e-9 * computeWatts;
      }

      @Override
      public double uplinkJoules(double nanos, double bytes) {
        return nanos * 1e-9 * uplinkWatts;
      }
    };
  }
}

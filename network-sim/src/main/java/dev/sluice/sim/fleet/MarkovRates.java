package dev.sluice.sim.fleet;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A radio that is now better, now worse: a chain of states, each with its rate over the link's
 * usual one. Gilbert's and Elliott's two-state channel with more states (Gilbert, "Capacity of a
 * Burst-Noise Channel", Bell System Technical Journal 39, 1960; finite-state chains for fading:
 * Wang and Moayeri, IEEE Transactions on Vehicular Technology 44(1), 1995, where as here only
 * neighbouring states follow each other). Immutable.
 *
 * @param relativeRates by state, from worst to best, at least two, finite, at least 0; 1 is usual
 * @param slotNanos how often the state may change, positive
 * @param changeProbability that it does, in (0, 1]; inner states go up or down alike
 */
public record MarkovRates(List<Double> relativeRates, long slotNanos, double changeProbability) {
  public MarkovRates {
    relativeRates = List.copyOf(relativeRates);
    if (relativeRates.size() < 2
        || relativeRates.stream().anyMatch(rate -> !(rate >= 0 && rate < Double.POSITIVE_INFINITY))
        || relativeRates.get(relativeRates.size() - 1) == 0) {
      throw new IllegalArgumentException("not rates of states: " + relativeRates);
    }
    if (slotNanos <= 0 || !(changeProbability > 0 && changeProbability <= 1)) {
      throw new IllegalArgumentException(
          "not a chain: slots of " + slotNanos + " ns, change " + changeProbability);
    }
  }

  /**
   * Draws a course.
   *
   * @param bytesPerSecond the usual rate, positive
   * @param horizonNanos where it may begin again, positive
   */
  public RateTable draw(double bytesPerSecond, long horizonNanos, RandomGenerator random) {
    int slots = Math.toIntExact(Math.max(1, (horizonNanos + slotNanos - 1) / slotNanos));
    double[] rates = new double[slots];
    int last = relativeRates.size() - 1;
    int state = random.nextInt(last + 1);
    boolean some = false;
    for (int slot = 0; slot < slots; slot++) {
      rates[slot] = bytesPerSecond * relativeRates.get(state);
      some |= rates[slot] > 0;
      if (random.nextDouble() < changeProbability) {
        /* Reflected at the ends, which keeps all states alike likely: the chain is symmetric. */
        state = Math.max(0, Math.min(last, state + (random.nextBoolean() ? 1 : -1)));
      }
    }
    if (!some) {
      /* A horizon too short to leave the dead state; a link that never works is no link. */
      rates[slots - 1] = bytesPerSecond * relativeRates.get(last);
    }
    return RateTable.of(slotNanos, rates);
  }
}

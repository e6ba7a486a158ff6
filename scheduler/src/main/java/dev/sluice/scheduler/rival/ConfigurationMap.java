package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.rival.Partitions.Partition;
import java.util.ArrayList;
import java.util.List;

/**
 * Edgent's configuration map: for each bandwidth state the exit and split of most reward. Immutable.
 *
 * <p>The reward of a configuration is {@code exp(accuracy) + throughput} if it is within the
 * deadline, otherwise 0. Throughput is one over the latency. Deviations: the paper adds a number
 * and a rate; throughput here counts answers per deadline, which at the second that the paper asks
 * for is its number, and accuracy is a share. Where no configuration is in time the quickest is
 * taken instead of any.
 */
final class ConfigurationMap {
  private final List<Entry> entries;

  /**
   * What to do in a bandwidth state.
   *
   * @param bytesPerSecond the state
   * @param timely whether the plan keeps the deadline there
   */
  record Entry(double bytesPerSecond, Plan plan, boolean timely) {}

  private ConfigurationMap(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * Makes a map.
   *
   * @param offline conditions other than the rate
   * @param states rates in bytes per second, at least one, each positive and finite
   */
  static ConfigurationMap of(
      Partitions partitions, long deadlineNanos, Estimates offline, List<Double> states) {
    if (states.isEmpty()) {
      throw new IllegalArgumentException("a configuration map needs at least one state");
    }
    double[] accuracy = new double[partitions.exits()];
    for (int exit = 0; exit < accuracy.length; exit++) {
      accuracy[exit] = partitions.accuracy(exit);
    }
    List<Entry> entries = new ArrayList<>();
    for (double state : states) {
      Estimates estimates = at(offline, state);
      Partition best = partitions.quickest(0, estimates);
      double most = reward(best, accuracy, deadlineNanos);
      for (int exit = 1; exit < accuracy.length; exit++) {
        Partition partition = partitions.quickest(exit, estimates);
        double reward = reward(partition, accuracy, deadlineNanos);
        boolean quicker = reward == 0 && most == 0 && partition.nanos() < best.nanos();
        if (reward > most || quicker) {
          best = partition;
          most = reward;
        }
      }
      entries.add(new Entry(state, best.plan(), most > 0));
    }
    return new ConfigurationMap(List.copyOf(entries));
  }

  private static double reward(Partition partition, double[] accuracy, long deadlineNanos) {
    return partition.nanos() > deadlineNanos
        ? 0
        : reward(accuracy[partition.exit()], partition.nanos(), deadlineNanos);
  }

  /** Returns the reward of a configuration within the deadline. */
  static double reward(double accuracy, double nanos, long deadlineNanos) {
    return Math.exp(accuracy) + deadlineNanos / Math.max(1, nanos);
  }

  private static Estimates at(Estimates offline, double bytesPerSecond) {
    return Estimates.of(
        LinkState.UP,
        bytesPerSecond,
        0,
        offline.roundTripNanos(),
        0,
        offline.deviceScale(),
        offline.workerScale(),
        offline.workerQueueNanos(),
        offline.framePeriodNanos());
  }

  /** Returns the entry of the nearest state, by ratio. */
  Entry find(double bytesPerSecond) {
    Entry nearest = entries.get(0);
    double least = Double.POSITIVE_INFINITY;
    for (Entry entry : entries) {
      double apart = Math.abs(Math.log(entry.bytesPerSecond() / bytesPerSecond));
      if (apart < least) {
        nearest = entry;
        least = apart;
      }
    }
    return nearest;
  }
}

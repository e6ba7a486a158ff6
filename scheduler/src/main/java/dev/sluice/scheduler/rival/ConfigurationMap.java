package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.rival.Partitions.Partition;
import java.util.ArrayList;
import java.util.List;

/**
 * Edgent's configuration map: for each bandwidth state the exit and split of most reward.
 * Immutable.
 *
 * <p>The reward of a configuration is {@code exp(accuracy) + throughput} if it is within the
 * deadline, otherwise 0. Throughput is one over the latency. Deviations: the paper adds a number
 * and a rate; throughput here counts answers per deadline, which at the second that the paper asks
 * for is its number, and accuracy is a share. Where no configuration is in time the quickest is
 * taken instead of any.
 */
final class ConfigurationMap {
  private final List<Configuration> configurations;

  /**
   * What to do in a bandwidth state.
   *
   * @param bytesPerSecond the state
   * @param timely whether the plan keeps the deadline there
   */
  record Configuration(double bytesPerSecond, Plan plan, boolean timely) {}

  private ConfigurationMap(List<Configuration> configurations) {
    this.configurations = configurations;
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
    List<Configuration> configurations = new ArrayList<>();
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
      configurations.add(new Configuration(state, best.plan(), most > 0));
    }
    return new ConfigurationMap(List.copyOf(configurations));
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
  Configuration find(double bytesPerSecond) {
    Configuration nearest = configurations.get(0);
    double least = Double.POSITIVE_INFINITY;
    for (Configuration configuration : configurations) {
      double apart = Math.abs(Math.log(configuration.bytesPerSecond() / bytesPerSecond));
      if (apart < least) {
        nearest = configuration;
        least = apart;
      }
    }
    return nearest;
  }
}

package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.rival.ConfigurationMap.Configuration;
import dev.sluice.scheduler.rival.Partitions.Partition;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One exit for all samples and one split, looked up by the state that the link's rate is in.
 *
 * <p>Li, Zeng, Zhou and Chen, "Edge AI" (Edgent), IEEE TWC 2020, the dynamic optimiser: offline the
 * best exit and split of every bandwidth state are put into a map; online a change-point detector
 * watches the rate, and when it reports another state the state's entry is used, otherwise the last
 * one is kept.
 *
 * <p>Deviations: those of {@link Edgent}, {@link BandwidthState} and {@link ConfigurationMap}; the
 * detector is fed with the estimated rate each time that it differs from the last one, since the
 * single transfers are not shown to planners; a state that is not in the map takes the nearest
 * entry; while the link is not up the static optimiser chooses among what the device can do alone.
 */
public final class DynamicEdgent implements Planner {
  private final Partitions partitions;
  private final ConfigurationMap map;
  private final Forecast forecast;
  private final long deadlineNanos;
  private final BandwidthState state = new BandwidthState();
  private double lastRate;
  private Optional<Configuration> configuration = Optional.empty();

  /**
   * Makes the map and plans by it.
   *
   * @param deadlineNanos latency of one inference to stay within, positive
   * @param offline conditions, other than the rate, that the map is made for
   * @param states bandwidth states in bytes per second, such as {@link BandwidthState#along} finds
   *     in traces; at least one
   */
  public DynamicEdgent(
      BundleFacts facts, Terms terms, long deadlineNanos, Estimates offline, List<Double> states) {
    this.deadlineNanos = Edgent.requireDeadline(deadlineNanos);
    partitions = new Partitions(facts, terms);
    map = ConfigurationMap.of(partitions, deadlineNanos, offline, states);
    forecast = new Forecast(facts);
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    if (estimates.link() != LinkState.UP) {
      Partition local = Edgent.chosen(partitions, deadlineNanos, estimates);
      return forecast.decision(
          local.plan(),
          "no link to a worker: deepest exit in time on the device",
          estimates,
          local.nanos() <= deadlineNanos);
    }
    double rate = estimates.uplinkBytesPerSecond();
    if (rate != lastRate) {
      lastRate = rate;
      if (state.add(rate)) {
        configuration = Optional.empty();
      }
    }
    Configuration found = configuration.orElseGet(() -> map.find(state.bytesPerSecond()));
    configuration = Optional.of(found);
    String reason =
        String.format(Locale.ROOT, "bandwidth state %.3g Mbit/s", found.bytesPerSecond() * 8e-6);
    return forecast.decision(found.plan(), reason, estimates, found.timely());
  }
}

package dev.sluice.edge.agent;

import dev.sluice.edge.agent.Strategies.ExitPolicyUse;
import dev.sluice.edge.agent.Strategies.Strategy;
import dev.sluice.edge.agent.Strategies.Tuning;
import dev.sluice.edge.host.DeviceMemory;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How plans are chosen, and whether the device answers where they fail. */
final class StrategyArguments {
  private static final long MILLIS = 1_000_000;

  @Option(
      names = "--strategy",
      paramLabel = "NAME",
      defaultValue = "sluice",
      description = "one of " + Strategies.KNOWN + " (default: ${DEFAULT-VALUE})")
  private String strategy = "sluice";

  @Option(
      names = "--mean-uplink",
      paramLabel = "RATE",
      converter = Words.Rate.class,
      description = "for fixed-split and edgent-dynamic: the link's mean rate, e.g. 6mbit")
  private @Nullable Double meanBytesPerSecond;

  @Option(
      names = "--mean-rtt",
      paramLabel = "TIME",
      converter = Words.Millis.class,
      description = "for fixed-split and edgent-dynamic: the link's mean round trip, e.g. 50ms")
  private @Nullable Double meanRoundTripMillis;

  @Option(
      names = "--fallback",
      paramLabel = "on|off",
      description =
          "whether the device answers by the deadline when the cloud does not (default: on; off for"
              + " the fixed strategies and those from papers without one)")
  private @Nullable String fallback;

  void check(EngineArguments command) {
    if (fallback != null && !fallback.equals("on") && !fallback.equals("off")) {
      throw command.wrongUse("--fallback is on or off, not '" + fallback + "'");
    }
  }

  /**
   * Returns the strategy that is named.
   *
   * @param deviceFactor device's time over the profile's
   * @param framePeriodNanos time between frames; 0 = unknown
   * @param policy what exits follow in place of thresholds
   * @param memory what fits on the device, if that is bounded
   * @param tuning of Sluice's own scheduler
   */
  Strategy chosen(
      EngineArguments command,
      BundleFacts facts,
      Objective goal,
      double deviceFactor,
      long framePeriodNanos,
      Optional<ExitPolicyUse> policy,
      Optional<DeviceMemory> memory,
      Tuning tuning) {
    Optional<Estimates> mean = Optional.empty();
    if (meanBytesPerSecond != null && meanRoundTripMillis != null) {
      mean =
          Optional.of(
              Estimates.of(
                  LinkState.UP,
                  meanBytesPerSecond,
                  0,
                  (long) (meanRoundTripMillis * MILLIS),
                  0,
                  deviceFactor,
                  1,
                  0,
                  framePeriodNanos));
    }
    try {
      return Strategies.of(strategy, facts, goal, mean, policy, memory, tuning);
    } catch (IllegalArgumentException wrong) {
      throw command.wrongUse(String.valueOf(wrong.getMessage()));
    }
  }

  /** Whether the device was told not to answer by the deadline, whatever the strategy. */
  boolean withoutFallback() {
    return "off".equals(fallback);
  }

  /** Whether the device answers by the deadline. */
  boolean fallback(Strategy chosen) {
    return fallback == null ? chosen.fallback() : fallback.equals("on");
  }
}

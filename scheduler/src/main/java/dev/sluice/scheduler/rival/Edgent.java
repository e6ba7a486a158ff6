package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.rival.Partitions.Partition;
import java.util.Locale;
import java.util.Optional;

/**
 * One exit for all samples and one split: the deepest exit that some split reaches by the deadline.
 *
 * <p>Li, Zeng, Zhou and Chen, "Edge AI: On-Demand Accelerating Deep Neural Network Inference via
 * Edge Computing" (Edgent), IEEE Transactions on Wireless Communications 19(1), 2020, the static
 * optimiser: exits from the last to the first, for each the split of least predicted latency, the
 * first within the deadline is taken. For networks that change fast see {@link DynamicEdgent}.
 *
 * <p>Deviations: Edgent computes the first layers at the server and the rest on the device, here
 * the device comes first; its regressions per kind of layer are those of {@link LayerCosts}, with
 * the deviations there, while heads have their measured times; round trip, worker's queue, encoding
 * and decoding count; with {@link Terms#asSluice} codecs and measured times are lent to it; where
 * no exit is in time, for which Edgent gives nothing, the quickest is taken and called infeasible;
 * while the link is not up the branch is computed on the device.
 */
public final class Edgent implements Planner {
  private final Partitions partitions;
  private final Forecast forecast;
  private final long deadlineNanos;

  /**
   * Plans for a bundle.
   *
   * @param deadlineNanos latency of one inference to stay within, positive
   */
  public Edgent(BundleFacts facts, Terms terms, long deadlineNanos) {
    this.deadlineNanos = requireDeadline(deadlineNanos);
    partitions = new Partitions(facts, terms);
    forecast = new Forecast(facts);
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    Partition chosen = chosen(partitions, deadlineNanos, estimates);
    boolean timely = chosen.nanos() <= deadlineNanos;
    String reason =
        String.format(
            Locale.ROOT,
            timely ? "deepest exit in time: %d, %.3g ms" : "no exit in time; quickest: %d, %.3g ms",
            chosen.exit(),
            chosen.nanos() * 1e-6);
    return forecast.decision(chosen.plan(), reason, estimates, timely);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return decide(imagined, Optional.of(current), 0).plan().equals(current);
  }

  static Partition chosen(Partitions partitions, long deadlineNanos, Estimates estimates) {
    Partition quickest = partitions.quickest(partitions.exits() - 1, estimates);
    for (int exit = partitions.exits() - 1; exit >= 0; exit--) {
      Partition partition = partitions.quickest(exit, estimates);
      if (partition.nanos() <= deadlineNanos) {
        return partition;
      }
      quickest = partition.nanos() < quickest.nanos() ? partition : quickest;
    }
    return quickest;
  }

  static long requireDeadline(long nanos) {
    if (nanos <= 0) {
      throw new IllegalArgumentException("a deadline must be positive: " + nanos);
    }
    return nanos;
  }
}

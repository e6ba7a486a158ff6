package dev.sluice.edge.host;

import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitState;
import dev.sluice.protocol.message.ExitOrder;
import dev.sluice.protocol.message.ExitProgress;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.ExitThreshold;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Policies as the wire has them. */
public final class WireRules {
  private WireRules() {}

  /**
   * Returns the rule that makes the worker decide as the device would.
   *
   * @param exits policies of the exits past the split; those that never stop are left out
   * @param state what the exits on the device said
   * @throws IllegalArgumentException if there are more thresholds per class than a request holds
   */
  public static ExitRule of(Map<Integer, ExitPolicy> exits, ExitState state) {
    Map<Integer, ExitPolicy> ordered = new TreeMap<>(exits);
    boolean plain = ordered.values().stream().allMatch(ExitPolicy.Top1Above.class::isInstance);
    if (plain) {
      List<ExitThreshold> thresholds = new ArrayList<>();
      ordered.forEach(
          (exit, policy) ->
              thresholds.add(new ExitThreshold(exit, ((ExitPolicy.Top1Above) policy).threshold())));
      // The oldest workers know this form; nothing in it remembers.
      return new ExitRule(ExitRule.TOP1_PROBABILITY, thresholds);
    }
    List<ExitOrder> orders = new ArrayList<>();
    ordered.forEach((exit, policy) -> order(exit, policy).ifPresent(orders::add));
    return ExitRule.listed(orders, new ExitProgress(state.predicted(), state.unchanged()));
  }

  private static Optional<ExitOrder> order(int exit, ExitPolicy policy) {
    if (policy instanceof ExitPolicy.Top1Above top1) {
      return one(exit, ExitOrder.TOP1_PROBABILITY, top1.threshold());
    }
    if (policy instanceof ExitPolicy.EntropyBelow entropy) {
      return one(exit, ExitOrder.ENTROPY_NATS, entropy.nats());
    }
    if (policy instanceof ExitPolicy.MarginAbove margin) {
      return one(exit, ExitOrder.MARGIN, margin.threshold());
    }
    if (policy instanceof ExitPolicy.Patience patience) {
      return one(exit, ExitOrder.PATIENCE, patience.times());
    }
    if (policy instanceof ExitPolicy.ClassMeans means) {
      return one(exit, ExitOrder.CLASS_MEANS, means.threshold());
    }
    if (policy instanceof ExitPolicy.TrustAbove trust) {
      return one(exit, ExitOrder.TRUST, trust.ratio());
    }
    if (policy instanceof ExitPolicy.PerClassTop1 perClass) {
      List<Double> values = Arrays.stream(perClass.thresholds()).boxed().toList();
      return Optional.of(new ExitOrder(exit, ExitOrder.PER_CLASS, values));
    }
    if (policy instanceof ExitPolicy.PerClassFitted) {
      return Optional.of(new ExitOrder(exit, ExitOrder.PER_CLASS_FITTED, List.of()));
    }
    if (policy instanceof ExitPolicy.Always) {
      return Optional.of(new ExitOrder(exit, ExitOrder.ALWAYS, List.of()));
    }
    return Optional.empty();
  }

  private static Optional<ExitOrder> one(int exit, int kind, double value) {
    return Optional.of(new ExitOrder(exit, kind, List.of(value)));
  }
}

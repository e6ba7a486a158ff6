package dev.sluice.cloud.worker;

import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitState;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitOrder;
import dev.sluice.protocol.message.ExitProgress;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.ExitThreshold;
import dev.sluice.protocol.message.ProtocolException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Turns a request's exit rule into policies, and refuses what this worker cannot follow. */
final class RequestRules {
  private final BundleManifest manifest;
  private final PolicyData data;

  /**
   * Prepares for one model.
   *
   * @param data what was fitted for its policies
   */
  RequestRules(BundleManifest manifest, PolicyData data) {
    this.manifest = manifest;
    this.data = data;
  }

  /**
   * Returns the judge of a request's sample.
   *
   * @param cut where the sample was left
   * @throws ProtocolException if the rule names other exits, a kind that is not known here, values
   *     that do not fit the kind, or data that the bundle lacks
   */
  ExitPolicies.Judge judge(ExitRule rule, int cut) throws ProtocolException {
    Map<Integer, ExitPolicy> active = new HashMap<>();
    switch (rule.kind()) {
      case ExitRule.TOP1_PROBABILITY -> {
        for (ExitThreshold threshold : rule.thresholds()) {
          checkExit(threshold.exit(), cut);
          active.put(threshold.exit(), new ExitPolicy.Top1Above(threshold.threshold()));
        }
      }
      case ExitRule.LISTED -> {
        for (ExitOrder order : rule.orders()) {
          checkExit(order.exit(), cut);
          active.put(order.exit(), policy(order));
        }
      }
      default ->
          throw malformed(
              "exit rule kind %d is not known here; update the worker".formatted(rule.kind()));
    }
    // The final exit answers in any case, whatever a request says of it.
    active.remove(manifest.finalExit().index());
    int classes = manifest.labels().size();
    ExitProgress progress = rule.progress();
    if (progress.predicted() >= classes) {
      throw malformed(
          "the device's exits predicted class %d of %d".formatted(progress.predicted(), classes));
    }
    try {
      return ExitPolicies.of(manifest.exits().size(), classes, active, data)
          .judge(new ExitState(progress.predicted(), progress.unchanged()));
    } catch (IllegalArgumentException lacking) {
      throw malformed(String.valueOf(lacking.getMessage()));
    }
  }

  /**
   * Returns the exits, ascending, whose scores a rule looks at: those that may stop a sample and
   * those that policies with a memory take notice of.
   */
  static List<Integer> activeExits(ExitRule rule) {
    return rule.kind() == ExitRule.LISTED
        ? rule.orders().stream().map(ExitOrder::exit).toList()
        : rule.thresholds().stream()
            .filter(threshold -> threshold.threshold() <= 1)
            .map(ExitThreshold::exit)
            .toList();
  }

  private void checkExit(int exit, int cut) throws ProtocolException {
    List<ExitInfo> exits = manifest.exits();
    if (exit >= exits.size() || exits.get(exit).cut() <= cut) {
      throw refused(
          ErrorCode.BAD_CUT,
          "exit %d does not lie past cut %d of %s".formatted(exit, cut, manifest.name()));
    }
  }

  private static ExitPolicy policy(ExitOrder order) throws ProtocolException {
    try {
      return switch (order.kind()) {
        case ExitOrder.TOP1_PROBABILITY -> new ExitPolicy.Top1Above(one(order));
        case ExitOrder.ENTROPY_NATS -> new ExitPolicy.EntropyBelow(one(order));
        case ExitOrder.MARGIN -> new ExitPolicy.MarginAbove(one(order));
        case ExitOrder.PATIENCE -> new ExitPolicy.Patience(whole(order));
        case ExitOrder.CLASS_MEANS -> new ExitPolicy.ClassMeans(one(order));
        case ExitOrder.TRUST -> new ExitPolicy.TrustAbove(one(order));
        case ExitOrder.PER_CLASS ->
            new ExitPolicy.PerClassTop1(
                order.values().stream().mapToDouble(Double::doubleValue).toArray());
        case ExitOrder.PER_CLASS_FITTED -> new ExitPolicy.PerClassFitted();
        case ExitOrder.ALWAYS -> new ExitPolicy.Always();
        default ->
            throw malformed(
                "exit %d is to stop by rule kind %d, which is not known here; update the worker"
                    .formatted(order.exit(), order.kind()));
      };
    } catch (IllegalArgumentException wrong) {
      throw malformed("exit %d: %s".formatted(order.exit(), wrong.getMessage()));
    }
  }

  private static double one(ExitOrder order) {
    if (order.values().size() != 1) {
      throw new IllegalArgumentException(
          "rule kind %d takes one value, not %d".formatted(order.kind(), order.values().size()));
    }
    return order.values().get(0);
  }

  private static int whole(ExitOrder order) {
    double value = one(order);
    if (value != Math.rint(value) || value > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a whole number: " + value);
    }
    return (int) value;
  }

  private static ProtocolException malformed(String message) {
    return refused(ErrorCode.MALFORMED, message);
  }

  private static ProtocolException refused(ErrorCode code, String message) {
    return new ProtocolException(code, ProtocolException.Scope.REQUEST, message);
  }
}

package dev.sluice.edge.host;

import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.scheduler.predict.ExitCriterion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Chosen policies as the scheduler replays them from its tables. */
public final class PolicyCriterion implements ExitCriterion {
  private final List<ExitPolicy> policies;

  private PolicyCriterion(List<ExitPolicy> policies) {
    this.policies = List.copyOf(policies);
  }

  /**
   * Returns the criterion of a choice; empty if the tables cannot replay it: they hold no distances
   * to class means or calibration samples.
   *
   * @param data what was fitted for the bundle
   */
  public static Optional<ExitCriterion> of(PolicyChoice choice, PolicyData data, int earlyExits) {
    List<ExitPolicy> policies = new ArrayList<>();
    for (int exit = 0; exit < earlyExits; exit++) {
      ExitPolicy policy = choice.of(exit);
      if (policy instanceof ExitPolicy.ClassMeans || policy instanceof ExitPolicy.TrustAbove) {
        return Optional.empty();
      }
      policies.add(
          policy instanceof ExitPolicy.PerClassFitted
              ? new ExitPolicy.PerClassTop1(data.of(exit).thresholds().orElseThrow())
              : policy);
    }
    return Optional.of(new PolicyCriterion(policies));
  }

  @Override
  public boolean active(int exit) {
    return !(policies.get(exit) instanceof ExitPolicy.Never);
  }

  @Override
  public boolean stops(
      int exit,
      int predicted,
      double confidence,
      double margin,
      double entropyNats,
      int unchanged) {
    ExitPolicy policy = policies.get(exit);
    if (policy instanceof ExitPolicy.Top1Above top1) {
      return confidence >= top1.threshold();
    }
    if (policy instanceof ExitPolicy.EntropyBelow entropy) {
      return entropyNats <= entropy.nats();
    }
    if (policy instanceof ExitPolicy.MarginAbove lead) {
      return margin >= lead.threshold();
    }
    if (policy instanceof ExitPolicy.Patience patience) {
      return unchanged >= patience.times();
    }
    if (policy instanceof ExitPolicy.PerClassTop1 perClass) {
      return confidence >= perClass.threshold(predicted);
    }
    return policy instanceof ExitPolicy.Always;
  }
}

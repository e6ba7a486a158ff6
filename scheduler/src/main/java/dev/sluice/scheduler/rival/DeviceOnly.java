package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.List;
import java.util.Optional;

/**
 * The whole network on the device, no exits. It runs at the precision whose profile and tables the
 * facts hold: float32 or INT8.
 */
public final class DeviceOnly implements Planner {
  private final Forced plan;

  /** Plans for a bundle. */
  public DeviceOnly(BundleFacts facts) {
    plan = new Forced(facts, Plan.local(facts.lastCut(), List.of()), "always on the device");
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return plan.decide(estimates, current, nowNanos);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return plan.wouldKeep(current, imagined);
  }
}

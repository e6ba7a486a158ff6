package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.List;
import java.util.Optional;

/** Every picture to the cloud, the whole network there, no exits. */
public final class CloudOnly implements Planner {
  private final Forced plan;

  /**
   * Plans for a bundle.
   *
   * @param codec picture codec at cut 0
   */
  public CloudOnly(BundleFacts facts, String codec) {
    plan = new Forced(facts, new Plan(0, codec, List.of()), "always in the cloud");
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return plan.decide(estimates, current, nowNanos);
  }
}

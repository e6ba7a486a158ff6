package dev.sluice.edge;

import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.Route;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A decision with its compiled route, kept open while the session or a request uses it. Confined to
 * the loop.
 */
final class ActiveRoute {
  private final Route route;
  private final ExitPolicies policies;
  private PlanDecision decision;
  private int users = 1;

  ActiveRoute(PlanDecision decision, Route route, ExitPolicies policies) {
    this.decision = decision;
    this.route = route;
    this.policies = policies;
  }

  PlanDecision decision() {
    return decision;
  }

  Route route() {
    return route;
  }

  ExitPolicies policies() {
    return policies;
  }

  /**
   * Returns the policies that the worker follows: those of the exits behind the split but the final
   * one.
   */
  Map<Integer, ExitPolicy> workerExits(DeviceNetwork network) {
    Plan plan = decision.plan();
    Map<Integer, ExitPolicy> exits = new LinkedHashMap<>();
    for (ExitThreshold exit : plan.exits()) {
      int cut = network.exitCuts().get(exit.exit());
      if (cut > plan.split() && cut < network.lastCut()) {
        exits.put(exit.exit(), policies.policy(exit.exit()));
      }
    }
    return exits;
  }

  /** Keeps the plan but says anew why. */
  void renew(PlanDecision again) {
    decision = again;
  }

  ActiveRoute acquire() {
    users++;
    return this;
  }

  void release() {
    if (--users == 0) {
      route.close();
    }
  }
}

package dev.sluice.edge;

import dev.sluice.edge.session.Route;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.scheduler.plan.PlanDecision;

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

package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.plan.PlanDecision;

/**
 * A value of a condition at which another plan is chosen. Immutable.
 *
 * @param value in the condition's base unit, the near end of the range where it is chosen
 * @param decision what is chosen there
 */
public record Flip(double value, PlanDecision decision) {}

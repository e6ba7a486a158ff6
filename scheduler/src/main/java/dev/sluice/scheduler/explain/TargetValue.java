package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.objective.Target;

/**
 * What a plan reaches in a target. Immutable.
 *
 * @param target which
 * @param value in the metric's base unit
 */
public record TargetValue(Target target, double value) {
  /** Returns the value for people. */
  public String text() {
    return Figures.format(target.metric(), value);
  }
}

package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.Plan;
import java.util.List;

/**
 * Plans of one kind, from cautious to bold, so that the next one is often known to be no slower.
 * Floors are proven whatever chains plans are in. Immutable.
 *
 * @param plans in that order
 */
public record PlanChain(List<Plan> plans) {
  public PlanChain {
    plans = List.copyOf(plans);
  }
}

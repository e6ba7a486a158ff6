package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.Plan;
import java.util.List;

/**
 * Plans of one kind, from cautious to bold; an accuracy floor is proven along it. Immutable.
 *
 * @param plans in an order fixed without looking at the CERTIFY table
 */
public record PlanChain(List<Plan> plans) {
  public PlanChain {
    plans = List.copyOf(plans);
  }
}

package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * Looks for the values of a condition at which a plan in use is left for another.
 *
 * <p>From the present value outward over a grid whose steps grow with the distance, from 1 % to a
 * tenth of a decade, up to a factor of 100 both ways; then by bisection between the last grid point
 * that keeps the plan and the first that does not. A range of another plan that lies between two
 * grid points is not seen. At most {@value #MOST_DECISIONS} decisions per condition.
 */
final class FlipSearch {
  /** Most decisions that one condition takes. */
  static final int MOST_DECISIONS = 64;

  /** Values this close, as a ratio, are not told apart. */
  static final double RESOLUTION = 1.002;

  /** Distances looked at, as factors: fine steps, then the Renard series R10. */
  private static final double[] FACTORS = {
    1.01, 1.02, 1.04, 1.08, 1.16, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8, 10, 12.5, 16, 20, 25, 31.5,
    40, 50, 63, 80, 100
  };

  /* Where the present value is no time at all, or unknown: over decades, in the series R5. */
  private static final double LEAST_NANOS = 1e4;
  private static final double LEAST_PERIOD_NANOS = 1e6;
  private static final double MOST_NANOS = 1e10;
  private static final double STEP = Math.pow(10, 0.2);

  private final Scheduler scheduler;
  private final Estimates estimates;
  private final Plan plan;

  FlipSearch(Scheduler scheduler, Estimates estimates, Plan plan) {
    this.scheduler = scheduler;
    this.estimates = estimates;
    this.plan = plan;
  }

  Sensitivity along(Condition condition) {
    double present = condition.of(estimates);
    if (condition.needsLink() && estimates.link() != LinkState.UP) {
      return new Sensitivity(
          condition, present, Optional.empty(), Optional.empty(), present, present);
    }
    double[] down;
    double[] up;
    if (present > 0) {
      down = DoubleStream.of(FACTORS).map(factor -> present / factor).toArray();
      up = DoubleStream.of(FACTORS).map(factor -> present * factor).toArray();
    } else if (condition == Condition.FRAME_PERIOD) {
      // Frames whose period is unknown count as rare: any known period is a shorter one.
      down =
          DoubleStream.iterate(MOST_NANOS, v -> v > LEAST_PERIOD_NANOS / STEP, v -> v / STEP)
              .toArray();
      up = new double[0];
    } else {
      down = new double[0];
      up = DoubleStream.iterate(LEAST_NANOS, v -> v < MOST_NANOS * STEP, v -> v * STEP).toArray();
    }
    return new Sensitivity(
        condition,
        present,
        nearest(condition, present, down),
        nearest(condition, present, up),
        down.length > 0 ? down[down.length - 1] : present,
        up.length > 0 ? up[up.length - 1] : present);
  }

  private Optional<Flip> nearest(Condition condition, double present, double[] outward) {
    double kept = present;
    for (double value : outward) {
      Optional<PlanDecision> left = leftAt(condition, value);
      if (left.isPresent()) {
        return Optional.of(bisect(condition, kept, value, left.get()));
      }
      kept = value;
    }
    return Optional.empty();
  }

  /**
   * Between a value that keeps the plan (0 where that is unknown or none) and one that does not.
   */
  private Flip bisect(Condition condition, double keeps, double leaves, PlanDecision decision) {
    double near = keeps;
    double far = leaves;
    PlanDecision chosen = decision;
    while (near > 0 && Math.max(far / near, near / far) > RESOLUTION) {
      double middle = Math.sqrt(near * far);
      Optional<PlanDecision> left = leftAt(condition, middle);
      if (left.isPresent()) {
        far = middle;
        chosen = left.get();
      } else {
        near = middle;
      }
    }
    return new Flip(far, chosen);
  }

  private Optional<PlanDecision> leftAt(Condition condition, double value) {
    return scheduler
        .consider(condition.with(estimates, value), Optional.of(plan), candidate -> true)
        .filter(decision -> !decision.plan().equals(plan));
  }
}

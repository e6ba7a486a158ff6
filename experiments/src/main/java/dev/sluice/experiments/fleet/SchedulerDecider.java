package dev.sluice.experiments.fleet;

import dev.sluice.scheduler.Appraisal;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;

/** The scheduler's answer where the plan in use has been in use for long. Not thread-safe. */
final class SchedulerDecider implements Decider {
  private final Scheduler scheduler;

  SchedulerDecider(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  @Override
  public Verdict decide(Estimates conditions, Optional<Plan> current) {
    Plan next = consider(conditions, current, plan -> true).orElseThrow().plan();
    if (current.isEmpty() || current.get().equals(next)) {
      return new Verdict(next, true, 0);
    }
    Plan now = current.get();
    boolean keeps =
        consider(conditions, current, now::equals).map(PlanDecision::feasible).orElse(false);
    return new Verdict(next, keeps, urgency(conditions, now, next));
  }

  private Optional<PlanDecision> consider(
      Estimates conditions, Optional<Plan> current, Predicate<Plan> among) {
    return scheduler.consider(conditions, current, among);
  }

  /**
   * How late the plan in use is, or how much better the other: as the scheduler has it, but that a
   * plan which cannot keep up is no more urgent, and a gain that is in doubt no less.
   */
  private double urgency(Estimates conditions, Plan now, Plan next) {
    Appraisal appraisal = scheduler.appraise(conditions);
    OptionalInt from = appraisal.find(now);
    OptionalInt to = appraisal.find(next);
    if (from.isEmpty() || to.isEmpty()) {
      return 1;
    }
    double late = 0;
    for (Constraint constraint : scheduler.objective().constraints()) {
      Optional<Constraint> bound = constraint.latencyBound();
      if (bound.isPresent()) {
        double value = appraisal.keptAt(from.getAsInt(), bound.get());
        late = Math.max(late, value / Math.max(1, bound.get().bound()) - 1);
      }
    }
    if (late > 0) {
      return Math.min(1, late);
    }
    for (Target target : scheduler.objective().targets()) {
      double gain = appraisal.gain(from.getAsInt(), to.getAsInt(), target);
      if (gain > appraisal.options().switchGain()) {
        return Math.min(1, gain);
      }
      if (gain < -appraisal.options().tolerance()) {
        return 0;
      }
    }
    return 0;
  }
}

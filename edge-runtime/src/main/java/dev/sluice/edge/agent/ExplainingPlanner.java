package dev.sluice.edge.agent;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.explain.Condition;
import dev.sluice.scheduler.explain.Explainer;
import dev.sluice.scheduler.explain.Explanation;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler that says why whenever it changes the plan. Decisions come as quickly as without: an
 * explanation is made in pieces on the thread that decides, one per condition that could change the
 * plan, and a decision waits for one piece at most.
 *
 * <p>Used as its planner is, by one thread at a time.
 */
final class ExplainingPlanner implements Planner {
  private final Planner planner;
  private final Supplier<Scheduler> reasons;
  private final Executor background;
  private final Consumer<Explanation> told;
  private @Nullable Pieces latest;

  /**
   * Lets a planner be explained.
   *
   * @param reasons the scheduler that decides in it at the moment
   * @param background runs one task at a time, on the thread that decides
   * @param told gets an explanation per change, there
   */
  ExplainingPlanner(
      Planner planner,
      Supplier<Scheduler> reasons,
      Executor background,
      Consumer<Explanation> told) {
    this.planner = planner;
    this.reasons = reasons;
    this.background = background;
    this.told = told;
  }

  @Override
  public void companionServed(boolean served) {
    planner.companionServed(served);
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    PlanDecision decision = planner.decide(estimates, current, nowNanos);
    if (!current.equals(Optional.of(decision.plan()))) {
      Pieces pieces = new Pieces(estimates, current, decision);
      latest = pieces;
      pieces.goOn();
    }
    return decision;
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return planner.wouldKeep(current, imagined);
  }

  /** One explanation in the making. */
  private final class Pieces {
    private final Estimates estimates;
    private final Optional<Plan> current;
    private final PlanDecision decision;
    private final Explainer explainer = new Explainer(reasons.get());
    private @Nullable Explanation explanation;
    private final Iterator<Condition> conditions = List.of(Condition.values()).iterator();

    Pieces(Estimates estimates, Optional<Plan> current, PlanDecision decision) {
      this.estimates = estimates;
      this.current = current;
      this.decision = decision;
    }

    void goOn() {
      try {
        background.execute(this::next);
      } catch (RejectedExecutionException closing) {
        // The program is ending, and with it whoever wanted to know.
      }
    }

    private void next() {
      Explanation known = explanation;
      if (known == null) {
        explanation = explainer.explain(estimates, current, decision);
        goOn();
      } else if (conditions.hasNext() && latest == this) {
        explanation =
            known.with(explainer.sensitivity(estimates, decision.plan(), conditions.next()));
        goOn();
      } else {
        // A plan that is no more in use is told of with what was found so far.
        told.accept(known);
      }
    }
  }
}

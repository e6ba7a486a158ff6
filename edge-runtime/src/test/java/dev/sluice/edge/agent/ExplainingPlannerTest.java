package dev.sluice.edge.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.explain.Condition;
import dev.sluice.scheduler.explain.Explanation;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class ExplainingPlannerTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;

  private final Queue<Runnable> background = new ArrayDeque<>();
  private final List<Explanation> told = new ArrayList<>();
  private final Scheduler scheduler = scheduler();
  private final ExplainingPlanner planner =
      new ExplainingPlanner(scheduler, () -> scheduler, background::add, told::add);

  private static Scheduler scheduler() {
    try {
      return new Scheduler(
          SyntheticFacts.of(
              new SyntheticFacts.Shape(4, List.of(1, 2), 200, 10, 6_000_000, false), 1),
          Objective.parse("p95_latency <= 150 ms; maximise accuracy"),
          SchedulerOptions.defaults());
    } catch (ObjectiveSyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static Estimates link(LinkState state) {
    return Estimates.of(state, 2e6, 0.1, 20 * MS, 2 * MS, 40, 1, 0, 200 * MS);
  }

  private void runAll() {
    while (!background.isEmpty()) {
      background.remove().run();
    }
  }

  @Test
  void tellsOfEveryChangeAndOfNothingElse() {
    PlanDecision first = planner.decide(link(LinkState.UP), Optional.empty(), 0);
    runAll();
    Optional<Plan> current = Optional.of(first.plan());
    assertThat(planner.decide(link(LinkState.UP), current, 2 * SECOND).plan())
        .isEqualTo(first.plan());
    runAll();

    assertThat(told).hasSize(1);
    assertThat(told.get(0).decision()).isEqualTo(first);
    assertThat(told.get(0).sensitivities()).hasSize(Condition.values().length);
  }

  @Test
  void decidesAsTheSchedulerAlone() {
    Scheduler alone = scheduler();
    Optional<Plan> current = Optional.empty();
    for (int i = 0; i < 6; i++) {
      Estimates estimates = link(i % 3 == 2 ? LinkState.DOWN : LinkState.UP);
      PlanDecision decision = planner.decide(estimates, current, i * SECOND / 2);
      runAll();

      assertThat(decision).isEqualTo(alone.decide(estimates, current, i * SECOND / 2));
      current = Optional.of(decision.plan());
    }
  }

  @Test
  void aDecisionWaitsForOnePieceAtMost() {
    planner.decide(link(LinkState.UP), Optional.empty(), 0);

    assertThat(background).as("one task at a time, behind which others may come").hasSize(1);
    background.remove().run();
    assertThat(told).isEmpty();
    assertThat(background).hasSize(1);
  }

  @Test
  void cutsShortWhatANewerChangeHasOvertaken() {
    Plan sent = planner.decide(link(LinkState.UP), Optional.empty(), 0).plan();
    background.remove().run();
    background.remove().run();
    PlanDecision local = planner.decide(link(LinkState.DOWN), Optional.of(sent), SECOND);
    assertThat(local.plan()).as("another one").isNotEqualTo(sent);
    runAll();

    assertThat(told.stream().map(each -> each.decision().plan()))
        .containsExactly(sent, local.plan());
    assertThat(told.get(0).sensitivities()).hasSize(1);
    assertThat(told.get(1).sensitivities()).hasSize(Condition.values().length);
  }

  @Test
  void goesOnDecidingWhenNobodyExplainsAnyMore() {
    ExplainingPlanner closing =
        new ExplainingPlanner(
            scheduler,
            () -> scheduler,
            task -> {
              throw new RejectedExecutionException("closed");
            },
            told::add);

    assertThat(closing.decide(link(LinkState.UP), Optional.empty(), 0).plan()).isNotNull();
    assertThat(told).isEmpty();
  }
}

package dev.sluice.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.drift.Recalibration;
import dev.sluice.scheduler.drift.Recalibration.Change;
import dev.sluice.scheduler.drift.Recalibration.Verdict;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class RecalibratedPlannerTest {
  private static final long MS = 1_000_000;
  private static final BundleFacts FACTS = SyntheticFacts.of(3);

  /** Without a link it is up to the exits to spare the device. */
  private static final Estimates CONDITIONS =
      Estimates.of(LinkState.DOWN, 250_000, 0.1, 30 * MS, 2 * MS, 15, 1, 0, 200 * MS);

  private final List<Predicate<Plan>> made = new ArrayList<>();

  private RecalibratedPlanner planner() throws Exception {
    Objective objective =
        Objective.parse("p95_latency <= 200 ms, accuracy >= final - 5 pt; minimise device_compute");
    return new RecalibratedPlanner(
        allowed -> {
          made.add(allowed);
          return new Scheduler(
              FACTS,
              objective,
              SchedulerOptions.defaults().uncertified(),
              Optional.empty(),
              allowed);
        });
  }

  private static Plan decide(Planner planner, Optional<Plan> current) {
    return planner.decide(CONDITIONS, current, 0).plan();
  }

  private static Recalibration verdict(Plan plan, int exit, double after, Change change) {
    double before = threshold(plan, exit);
    return new Recalibration(
        plan, List.of(new Verdict(exit, before, after, change, Optional.empty())));
  }

  private static double threshold(Plan plan, int exit) {
    return plan.exits().stream()
        .filter(active -> active.exit() == exit)
        .mapToDouble(ExitThreshold::threshold)
        .findFirst()
        .orElseThrow();
  }

  private static ExitThreshold firstThatCanStop(Plan plan) {
    return plan.exits().stream().filter(exit -> exit.threshold() > 0).findFirst().orElseThrow();
  }

  @Test
  void leavesAPlanAtOnceWhoseThresholdWasRaised() throws Exception {
    RecalibratedPlanner planner = planner();
    Plan before = decide(planner, Optional.empty());
    int exit = firstThatCanStop(before).exit();
    double raised = Math.min(0.999, threshold(before, exit) + 0.02);
    assertThat(planner.take(verdict(before, exit, raised, Change.RAISED))).isTrue();

    Plan after = decide(planner, Optional.of(before));
    assertThat(after).isNotEqualTo(before);
    assertThat(after.exits())
        .filteredOn(active -> active.exit() == exit && active.threshold() > 0)
        .allMatch(active -> active.threshold() >= raised);
    assertThat(planner.leastThresholds()).isEqualTo(Map.of(exit, raised));
  }

  @Test
  void usesAShutExitNoMoreButWhereNothingElseIsLeft() throws Exception {
    RecalibratedPlanner planner = planner();
    Plan before = decide(planner, Optional.empty());
    int exit = firstThatCanStop(before).exit();
    planner.take(verdict(before, exit, Recalibration.NEVER, Change.SHUT));
    assertThat(decide(planner, Optional.of(before)).exits())
        .noneMatch(active -> active.exit() == exit && active.threshold() > 0);

    // The answer at the deadline, whatever its score, stays allowed.
    Plan last = Plan.local(FACTS.exitCut(exit), List.of(new ExitThreshold(exit, 0)));
    assertThat(made.get(made.size() - 1)).accepts(last);
  }

  @Test
  void isNotMadeAnewForVerdictsThatRaiseNothing() throws Exception {
    RecalibratedPlanner planner = planner();
    Plan plan = decide(planner, Optional.empty());
    int exit = firstThatCanStop(plan).exit();
    double same = threshold(plan, exit);
    assertThat(planner.take(verdict(plan, exit, same, Change.TOO_FEW))).isFalse();
    assertThat(planner.take(verdict(plan, exit, same, Change.KEPT))).isFalse();
    assertThat(planner.take(verdict(plan, exit, same / 2, Change.LOWERED)))
        .as("agreement does not prove accuracy")
        .isFalse();
    assertThat(planner.take(new Recalibration(plan, List.of()))).isFalse();
    assertThat(made).hasSize(1);
    assertThat(decide(planner, Optional.of(plan))).isEqualTo(plan);
  }

  @Test
  void neverTakesARaisedThresholdBack() throws Exception {
    RecalibratedPlanner planner = planner();
    Plan plan = decide(planner, Optional.empty());
    int exit = firstThatCanStop(plan).exit();
    planner.take(verdict(plan, exit, 0.9999, Change.RAISED));
    double between = (threshold(plan, exit) + 0.9999) / 2;
    assertThat(planner.take(verdict(plan, exit, between, Change.RAISED))).isFalse();
    assertThat(planner.leastThresholds()).isEqualTo(Map.of(exit, 0.9999));
    assertThat(planner.heeds(verdict(plan, exit, between, Change.RAISED))).isTrue();
    assertThat(planner.heeds(verdict(plan, exit, 0.99999, Change.RAISED))).isFalse();
  }

  @Test
  void keepsItsCandidatesWhereNoneWouldBeLeft() {
    Plan only = Plan.local(5, List.of(new ExitThreshold(0, 0.8)));
    RecalibratedPlanner planner =
        new RecalibratedPlanner(
            allowed -> {
              if (!allowed.test(only)) {
                throw new IllegalArgumentException("no plan left");
              }
              return (estimates, current, now) -> {
                throw new IllegalStateException("not asked");
              };
            });
    assertThat(planner.take(verdict(only, 0, 0.9, Change.RAISED))).isFalse();
    assertThat(planner.leastThresholds()).isEmpty();
  }

  @Test
  void decidesLikeThePlannerThatItMakes() throws Exception {
    RecalibratedPlanner planner = planner();
    Scheduler plain =
        new Scheduler(
            FACTS,
            Objective.parse(
                "p95_latency <= 200 ms, accuracy >= final - 5 pt; minimise device_compute"),
            SchedulerOptions.defaults().uncertified());
    PlanDecision own = planner.decide(CONDITIONS, Optional.empty(), 0);
    PlanDecision theirs = plain.decide(CONDITIONS, Optional.empty(), 0);
    assertThat(own.plan()).isEqualTo(theirs.plan());
    assertThat(own.reason()).isEqualTo(theirs.reason());
  }
}

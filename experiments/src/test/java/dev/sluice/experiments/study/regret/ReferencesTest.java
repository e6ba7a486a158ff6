package dev.sluice.experiments.study.regret;

import static dev.sluice.experiments.study.regret.Courses.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.sim.trace.LinkTrace;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The references against exhaustive search over a few plans. */
class ReferencesTest {
  private static final Question WORKER = Question.ALL.get(0);
  private static final StreamReplay REPLAY = Courses.synthetic(3, 100 * MS);

  private static Course course(LinkTrace trace) {
    return new Course("test", REPLAY, WORKER, trace, Courses.rows(150, REPLAY), 5);
  }

  private static List<Plan> fewPlans() {
    List<Plan> all = new Candidates(REPLAY.facts()).all();
    return IntStream.range(0, all.size()).filter(i -> i % 40 == 0).mapToObj(all::get).toList();
  }

  private static double cheapest(List<Outcome> outcomes) {
    return outcomes.stream()
        .filter(outcome -> outcome.holds(WORKER))
        .map(outcome -> outcome.value(WORKER.cost()))
        .min(Comparator.naturalOrder())
        .orElse(Double.POSITIVE_INFINITY);
  }

  @Test
  void findsTheBestPlanThatIsNeverChangedAsExhaustiveSearchDoes() {
    Course course = course(Courses.link(150_000, 50, 0, 0));
    Decisions decisions = new Decisions(REPLAY.facts(), course.mean());
    List<Plan> plans = fewPlans();
    List<Outcome> all = plans.stream().map(plan -> course.run(decisions.always(plan))).toList();
    List<StaticHindsight.Tried> tried =
        new StaticHindsight(course, plans, plans.size()).tried(decisions);

    assertThat(cheapest(all)).isFinite();
    assertThat(tried).hasSizeLessThan(plans.size());
    /* Plans within a per cent in every respect stand for each other. */
    assertThat(cheapest(tried.stream().map(StaticHindsight.Tried::outcome).toList()))
        .isBetween(cheapest(all), 1.02 * cheapest(all));
  }

  @Test
  void costsTheOracleNoMoreThanTheBestPlanOnALinkThatDoesNotChange() {
    Course course = course(Courses.link(150_000, 50, 0, 0));
    Decisions decisions = new Decisions(REPLAY.facts(), course.mean());
    List<Plan> plans = fewPlans();
    double best = cheapest(plans.stream().map(plan -> course.run(decisions.always(plan))).toList());
    List<Outcome> oracle = new Clairvoyant(course, plans, decisions).outcomes();

    assertThat(cheapest(oracle)).isFinite().isLessThan(1.05 * best);
  }

  @Test
  void choosesNoQueueWithWhichTheNextFrameWouldBeLate() {
    Course course = course(Courses.link(60_000, 50, 4, 6));
    Decisions decisions = new Decisions(REPLAY.facts(), course.mean());
    List<Plan> plans = new Candidates(REPLAY.facts()).all();
    Clairvoyant oracle =
        new Clairvoyant(
            course,
            List.copyOf(new Candidates(REPLAY.facts()).proven(WORKER.leastDifference())),
            decisions);

    assertThat(oracle.plans()).isBetween(1, plans.size());
    assertThat(oracle.outcomes()).allSatisfy(run -> assertThat(run.frames()).isEqualTo(150));
    assertThat(oracle.outcomes().stream().mapToDouble(Outcome::lateShare).min().orElseThrow())
        .isLessThanOrEqualTo(WORKER.mostLate());
  }

  @Test
  void refusesAnOracleWithoutPlans() {
    Course course = course(Courses.link(60_000, 50, 0, 0));
    Decisions decisions = new Decisions(REPLAY.facts(), course.mean());

    assertThatThrownBy(() -> new Clairvoyant(course, List.of(), decisions))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

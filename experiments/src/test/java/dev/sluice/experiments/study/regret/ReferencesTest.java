package dev.sluice.experiments.study.regret;

import static dev.sluice.experiments.study.replay.Courses.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.experiments.study.replay.Decisions;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Questions;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The references against exhaustive search over a few plans. */
class ReferencesTest {
  /** Of sums of some hundred doubles. */
  private static final double ROUNDING = 1e-9;

  private static final Question WORKER = Questions.ALL.get(0);
  private static final StreamReplay REPLAY = Courses.synthetic(3, 100 * MS);

  private static Course course(LinkTrace trace) {
    return new Course("test", REPLAY, WORKER, trace, Courses.rows(500, REPLAY), 5);
  }

  private static List<Plan> fewPlans() {
    List<Plan> all = new Candidates(REPLAY.facts()).all();
    return IntStream.range(0, all.size()).filter(i -> i % 40 == 0).mapToObj(all::get).toList();
  }

  private static List<PlanStatistics> considered(List<Plan> plans) {
    return Clairvoyant.considered(REPLAY, WORKER, plans);
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
  void findsNoPolicyWorseThanOneThatChangesOnce() {
    Course course = course(Courses.link(60_000, 50, 4, 6));
    List<PlanStatistics> plans =
        considered(new Candidates(REPLAY.facts()).proven(WORKER.goal().objective()));
    Clairvoyant oracle =
        new Clairvoyant(course, plans, new Decisions(REPLAY.facts(), course.mean()));
    for (double price : new double[] {0, 1e6, 1e8}) {
      double best = oracle.value(oracle.policy(price), price);
      for (int first = 0; first < plans.size(); first++) {
        for (int second = 0; second < plans.size(); second += 3) {
          for (int from : new int[] {0, 38, 61, 200}) {
            assertThat(best)
                .as("price %s, plans %d and %d, change at %d", price, first, second, from)
                .isLessThanOrEqualTo(
                    oracle.value(oracle.switching(first, second, from), price)
                        + ROUNDING * Math.abs(best));
          }
        }
      }
    }
  }

  @Test
  void streamsOncePerDifferentPolicyAndInTime() {
    Course course = course(Courses.link(60_000, 50, 4, 6));
    List<PlanStatistics> plans =
        considered(new Candidates(REPLAY.facts()).proven(WORKER.goal().objective()));
    List<Outcome> outcomes =
        new Clairvoyant(course, plans, new Decisions(REPLAY.facts(), course.mean())).outcomes();

    assertThat(outcomes).isNotEmpty().allMatch(run -> run.frames() == 500);
    assertThat(outcomes.stream().mapToDouble(Outcome::lateShare).min().orElseThrow())
        .isLessThanOrEqualTo(WORKER.mostLate());
  }

  /** On the very samples whose statistics the oracle has, so that hindsight is worth nothing. */
  @Test
  void holdsWhatAPlanThatIsNeverChangedHoldsAndCostsHardlyMore() {
    StreamReplay known =
        new StreamReplay(
            REPLAY.facts(),
            REPLAY.facts().select(),
            REPLAY.deviceFactor(),
            REPLAY.periodNanos(),
            REPLAY.linkOptions(),
            REPLAY.relativeSd());
    for (long bytesPerSecond : new long[] {60_000, 150_000, 400_000}) {
      /*
       * Not `worker`, which a device that goes on saves more than the model knows, nor `device`, which
       * the session's doubts cost something.
       */
      for (Question question : Questions.ALL.subList(1, 3)) {
        Course course =
            new Course(
                "test",
                known,
                question,
                Courses.link(bytesPerSecond, 30, 0, 0),
                Courses.rows(known.test().samples(), known),
                5);
        Decisions decisions = new Decisions(known.facts(), course.mean());
        List<Plan> plans = fewPlans();
        double never = cheapest(question, course, decisions, plans);
        double oracle =
            new Clairvoyant(course, Clairvoyant.considered(known, question, plans), decisions)
                .outcomes().stream()
                    .filter(outcome -> outcome.holds(question))
                    .mapToDouble(outcome -> outcome.value(question.cost()))
                    .min()
                    .orElse(Double.POSITIVE_INFINITY);

        assertThat(never).isFinite();
        assertThat(oracle)
            .as("%s at %d B/s", question.name(), bytesPerSecond)
            .isLessThanOrEqualTo(1.05 * never);
      }
    }
  }

  private static double cheapest(
      Question question, Course course, Decisions decisions, List<Plan> plans) {
    return plans.stream()
        .map(plan -> course.run(decisions.always(plan)))
        .filter(outcome -> outcome.holds(question))
        .mapToDouble(outcome -> outcome.value(question.cost()))
        .min()
        .orElse(Double.POSITIVE_INFINITY);
  }

  @Test
  void takesOfPlansThatCostTheSameTheOneThatLeavesTheDeviceMostTime() {
    Course course = course(Courses.link(1_000, 50, 0, 0));
    Decisions decisions = new Decisions(REPLAY.facts(), course.mean());
    List<Plan> proven = new Candidates(REPLAY.facts()).proven(WORKER.goal().objective());
    List<Plan> reversed = new ArrayList<>(proven);
    Collections.reverse(reversed);
    /* Nothing gets through in time, so that no plan costs the worker anything. */
    assertThat(considered(proven)).hasSizeGreaterThan(1);

    assertThat(new Clairvoyant(course, considered(reversed), decisions).outcomes())
        .isEqualTo(new Clairvoyant(course, considered(proven), decisions).outcomes());
  }

  @ParameterizedTest
  @ValueSource(longs = {100, 350})
  void noFirstStepFromAnyStateIsBetterThanThePolicys(long deadlineMillis) {
    Question question =
        Question.of(
            "test",
            "p95_latency <= %d ms, accuracy >= final - 1 pt; minimise uplink_bytes"
                .formatted(deadlineMillis));
    Course course =
        new Course(
            "test", REPLAY, question, Courses.link(60_000, 50, 1, 2), Courses.rows(30, REPLAY), 5);
    List<PlanStatistics> plans =
        Clairvoyant.considered(
            REPLAY, question, new Candidates(REPLAY.facts()).proven(question.goal().objective()));
    FrameModel model = new FrameModel(course, plans, nanos -> 1);
    double[] price = {1e5};
    int[] policy =
        new Clairvoyant(course, plans, new Decisions(REPLAY.facts(), course.mean()))
            .policy(price[0]);
    double[] after = new double[model.states()];
    double[] total = new double[1];
    for (int frame = course.rows().length - 1; frame >= 0; frame--) {
      double[] best = new double[model.states()];
      for (int state = 0; state < model.states(); state++) {
        double least = Double.POSITIVE_INFINITY;
        double chosen = 0;
        for (int plan = 0; plan < plans.size(); plan++) {
          model.look(frame, plan);
          model.from(state);
          model.totals(price, after, total);
          least = Math.min(least, total[0]);
          chosen = plan == policy[frame * model.states() + state] ? total[0] : chosen;
        }
        assertThat(chosen).as("frame %d, state %d", frame, state).isEqualTo(least);
        best[state] = least;
      }
      after = best;
    }
  }

  @Test
  void aSlowedDeviceTakesLongerFromThenOn() {
    Question question = Questions.ALL.get(3);
    Course course =
        new Course(
            "test", REPLAY, question, Courses.link(60_000, 50, 0, 0), Courses.rows(30, REPLAY), 5);
    Plan plan =
        new Candidates(REPLAY.facts())
            .all().stream().filter(each -> !each.usesCloud()).findFirst().orElseThrow();
    PlanStatistics local =
        PlanStatistics.of(REPLAY.facts(), REPLAY.test(), course.rows(), plan, course.budgetNanos());
    FrameModel usual = new FrameModel(course, List.of(local), nanos -> 1);
    FrameModel slowed =
        new FrameModel(course, List.of(local), nanos -> nanos < 1_500_000_000L ? 1 : 2);

    assertThat(costOf(slowed, 14)).isEqualTo(costOf(usual, 14));
    assertThat(costOf(slowed, 16)).isEqualTo(2 * costOf(usual, 16));
  }

  private static double costOf(FrameModel model, int frame) {
    model.look(frame, 0);
    model.from(0);
    return model.cost();
  }

  @Test
  void refusesAnOracleWithoutPlans() {
    Course course = course(Courses.link(60_000, 50, 0, 0));
    Decisions decisions = new Decisions(REPLAY.facts(), course.mean());

    assertThatThrownBy(() -> new Clairvoyant(course, List.of(), decisions))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.sluice.experiments.study.regret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanStatisticsTest {
  /** Sums of many doubles in another order. */
  private static final double TOLERANCE = 1e-6;

  @Test
  void saysOfEveryCandidateWhatThePredictorSays() {
    BundleFacts facts = SyntheticFacts.of(7);
    List<Plan> plans = new Candidates(facts).all();
    Predictor predictor = new Predictor(facts, plans, 0, 0);
    Estimates estimates = Estimates.of(LinkState.UP, 1e6, 0, 0, 0, 1, 1, 0, 0);
    int[] rows = IntStream.range(0, facts.select().samples()).toArray();
    for (int i = 0; i < plans.size(); i += 17) {
      Plan plan = plans.get(i);
      PlanStatistics known = PlanStatistics.of(facts, facts.select(), rows, plan, 0);
      int at = predictor.index(plan);

      assertThat(known.difference())
          .as(plan.describe())
          .isCloseTo(predictor.accuracy(at) - predictor.finalAccuracy(), within(TOLERANCE));
      assertThat(known.meanBytes() + known.offloaded() * Envelope.REQUEST_BYTES)
          .isCloseTo(
              predictor.value(at, Metric.of(Metric.Kind.UPLINK_BYTES), estimates),
              within(TOLERANCE));
      assertThat(known.offloaded() * known.workerNanos())
          .isCloseTo(
              predictor.value(at, Metric.of(Metric.Kind.WORKER_COMPUTE), estimates), within(1.0));
      assertThat(known.deviceNanos())
          .isCloseTo(
              predictor.value(at, Metric.of(Metric.Kind.DEVICE_COMPUTE), estimates), within(1.0));
    }
  }

  @Test
  void goesAsDeepAsItHasTimeAndAtLeastToTheNearestExit() {
    BundleFacts facts = SyntheticFacts.of(7);
    int[] rows = IntStream.range(0, facts.select().samples()).toArray();
    Plan plan = new Plan(0, "raw", List.of());
    PlanStatistics none = PlanStatistics.of(facts, facts.select(), rows, plan, 0);
    PlanStatistics last = PlanStatistics.of(facts, facts.select(), rows, plan, 1e9);
    long uncut =
        IntStream.of(rows).filter(r -> facts.select().correct(r, facts.finalExit())).count();
    long first = IntStream.of(rows).filter(r -> facts.select().correct(r, 0)).count();

    assertThat(none.offloaded()).isEqualTo(1);
    assertThat(none.turnDifference()).isEqualTo((double) (first - uncut) / rows.length);
    assertThat(none.aheadDifference()).isEqualTo(none.turnDifference());
    assertThat(none.aheadNanos()).isEqualTo(none.turnNanos()).isPositive();
    assertThat(last.turnDifference()).isEqualTo(none.turnDifference());
    assertThat(last.aheadDifference()).isZero();
    assertThat(last.aheadNanos()).isGreaterThanOrEqualTo((double) facts.profile().networkNanos());
  }

  @Test
  void tellsWhatIsRightOfThoseThatStopAndThoseThatAreSent() {
    BundleFacts facts = SyntheticFacts.of(7);
    int[] rows = IntStream.range(0, facts.select().samples()).toArray();
    long uncut =
        IntStream.of(rows).filter(r -> facts.select().correct(r, facts.finalExit())).count();
    for (Plan plan : new Candidates(facts).all().subList(0, 200)) {
      PlanStatistics known = PlanStatistics.of(facts, facts.select(), rows, plan, 0);
      double right =
          (1 - known.offloaded()) * known.stopRight() + known.offloaded() * known.sentRight();

      assertThat(right - (double) uncut / rows.length)
          .as(plan.describe())
          .isCloseTo(known.difference(), within(TOLERANCE));
    }
  }

  @Test
  void hasTheExitOnTheWayWithoutFurtherCompute() {
    StreamReplay tiny = Courses.tiny(1000, 100 * Courses.MS);
    Plan withExit = new Plan(1, "c", List.of(new ExitThreshold(0, 0.9)));
    int[] rows = {0, 1, 2, 3};
    PlanStatistics early = PlanStatistics.of(tiny.facts(), tiny.test(), rows, withExit, 20e6);
    PlanStatistics late = PlanStatistics.of(tiny.facts(), tiny.test(), rows, withExit, 36e6);

    /* 1 + 10 + 2 to the exit, 3 to encode, 20 more to the end. */
    assertThat(early.sentNanos()).isEqualTo(16.0 * Courses.MS);
    assertThat(early.aheadNanos()).isZero();
    assertThat(early.aheadDifference()).isEqualTo(-0.5);
    assertThat(late.aheadNanos()).isEqualTo(20.0 * Courses.MS);
    assertThat(late.aheadDifference()).isZero();
    assertThat(early.turnNanos()).isZero();
  }

  @Test
  void turnsToTheNearestExitWhereThePlanHasNone() {
    StreamReplay tiny = Courses.tiny(1000, 100 * Courses.MS);
    Plan bare = new Plan(1, "c", List.of());
    PlanStatistics known =
        PlanStatistics.of(tiny.facts(), tiny.test(), new int[] {0, 1, 2, 3}, bare, 20e6);

    assertThat(known.turnNanos()).isEqualTo(20.0 * Courses.MS);
  }

  @Test
  void keepsOfAlikePlansOne() {
    BundleFacts facts = SyntheticFacts.of(7);
    int[] rows = IntStream.range(0, 50).toArray();
    PlanStatistics cheap =
        PlanStatistics.of(facts, facts.select(), rows, new Plan(5, "klt-s2.0", List.of()), 0);
    PlanStatistics dear =
        PlanStatistics.of(facts, facts.select(), rows, new Plan(5, "f32", List.of()), 0);

    assertThat(
            Candidates.undominated(
                List.of(dear, cheap, cheap), 0, List.of(PlanStatistics::meanBytes)))
        .containsExactly(cheap);
    assertThat(
            Candidates.undominated(
                List.of(dear, cheap), 0, List.of(PlanStatistics::meanBytes, s -> -s.meanBytes())))
        .containsExactly(dear, cheap);
  }
}

package dev.sluice.scheduler.rival;

import static dev.sluice.scheduler.rival.HandMade.MS;
import static dev.sluice.scheduler.rival.HandMade.free;
import static dev.sluice.scheduler.rival.HandMade.link;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.scheduler.rival.BestStatic.Spell;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BestStaticTest {
  private static final long GIVE_UP = 2000 * MS;
  private static final Metric MEAN = Metric.of(Metric.Kind.MEAN_LATENCY);
  private static final Metric P95 = Metric.latencyPercentile(95);

  /* 100 ms here; 10 ms there and at 8 Mbit/s 50 ms on the link. */
  private static final BundleFacts ONE =
      HandMade.chain(
          List.of(100.0), List.of(10.0), List.of(free(0, 50_000 - Envelope.REQUEST_BYTES)));
  private static final Plan HERE = Plan.local(1, List.of());
  private static final Plan THERE = new Plan(0, "raw", List.of());

  private static BestStatic best(String objective, Spell... run) throws Exception {
    return new BestStatic(
        ONE, List.of(HERE, THERE), Objective.parse(objective), List.of(run), GIVE_UP);
  }

  private static Plan plan(BestStatic planner) {
    return planner.decide(link(1), Optional.empty(), 0).plan();
  }

  @Test
  void meansAreWeighedOverTheRun() throws Exception {
    /* There: 60 ms at 8 Mbit/s and 210 at 2. With 11 parts to 4 the mean is 100. */
    BestStatic fast = best("minimise mean_latency", new Spell(link(8), 12), new Spell(link(2), 4));
    assertThat(plan(fast)).isEqualTo(THERE);
    assertThat(fast.value(MEAN)).isCloseTo((12 * 60 + 4 * 210) / 16.0 * MS, within(1.0));

    assertThat(plan(best("minimise mean_latency", new Spell(link(8), 10), new Spell(link(2), 4))))
        .isEqualTo(HERE);
  }

  @Test
  void aPercentileIsThatOfAllAnswersTogether() throws Exception {
    /* The slow 4 % of the run may be late under a p95, the slow 6 % may not. */
    String objective = "p95_latency <= 80 ms; minimise device_compute";
    BestStatic mostlyFast = best(objective, new Spell(link(8), 96), new Spell(link(0.1), 4));
    assertThat(plan(mostlyFast)).isEqualTo(THERE);
    assertThat(mostlyFast.value(P95)).isEqualTo(60 * MS);
    BestStatic tooOftenSlow = best(objective, new Spell(link(8), 94), new Spell(link(0.1), 6));
    assertThat(plan(tooOftenSlow)).isEqualTo(HERE);
  }

  @Test
  void aBoundOfDeadlineMissesIsOneOfAPercentile() throws Exception {
    String objective = "deadline_misses(80 ms) <= 5 %; minimise device_compute";
    assertThat(plan(best(objective, new Spell(link(8), 96), new Spell(link(0.1), 4))))
        .isEqualTo(THERE);
    assertThat(plan(best(objective, new Spell(link(8), 94), new Spell(link(0.1), 6))))
        .isEqualTo(HERE);
  }

  @Test
  void whatIsSentInAnOutageTakesAsLongAsTheCallerWaitsAndCostsNobodyElse() throws Exception {
    BestStatic planner =
        best("minimise device_compute", new Spell(link(8), 3), new Spell(HandMade.down(), 1));

    assertThat(plan(planner)).isEqualTo(THERE);
    assertThat(planner.value(MEAN)).isCloseTo((3 * 60 * MS + GIVE_UP) / 4.0, within(1.0));
    assertThat(planner.value(Metric.of(Metric.Kind.UPLINK_BYTES))).isEqualTo(37_500);
    assertThat(planner.value(Metric.of(Metric.Kind.WORKER_COMPUTE)))
        .isCloseTo(7.5 * MS, within(1.0));
  }

  @Test
  void aSplitAnswersLocallyInAnOutageWhatItStopsLocally() throws Exception {
    BundleFacts facts =
        HandMade.exits(
            List.of(10.0, 90.0),
            List.of(1.0, 9.0),
            List.of(1, 2),
            List.of(free(1, 1000)),
            2,
            List.of(
                new HandMade.Row(List.of(true, true), List.of(0.0, 0.0)),
                new HandMade.Row(List.of(true, true), List.of(0.0, 0.0)),
                new HandMade.Row(List.of(true, true), List.of(0.0, 0.0)),
                new HandMade.Row(List.of(false, true), List.of(1.0, 0.0))));
    Plan split = new Plan(1, "f32", List.of(new ExitThreshold(0, 0.9)));

    BestStatic planner =
        new BestStatic(
            facts,
            List.of(split),
            Objective.parse("minimise mean_latency"),
            List.of(new Spell(HandMade.down(), 1)),
            GIVE_UP);

    assertThat(planner.value(MEAN)).isCloseTo((3 * 10 * MS + GIVE_UP) / 4.0, within(1.0));
  }

  @Test
  void whereNothingHoldsLatencyComesFirstThenAccuracy() throws Exception {
    BundleFacts facts =
        HandMade.exits(
            List.of(10.0, 90.0),
            List.of(1.0, 9.0),
            List.of(1, 2),
            List.of(),
            2,
            List.of(
                new HandMade.Row(List.of(true, true), List.of(0.0, 0.0)),
                new HandMade.Row(List.of(false, true), List.of(0.0, 0.0))));
    Plan early = Plan.local(1, List.of(new ExitThreshold(0, 0)));
    Plan whole = Plan.local(2, List.of());
    for (String[] wanted :
        new String[][] {
          {"p95_latency <= 50 ms, accuracy >= 90 %", "early"},
          {"p95_latency <= 150 ms, accuracy >= 100 %, device_compute <= 1 ms", "whole"},
          {"p95_latency <= 5 ms, accuracy >= 90 %", "early"},
          {"p95_latency <= 150 ms, accuracy >= 90 %; minimise device_compute", "whole"},
          {"p95_latency <= 150 ms, accuracy >= final - 50 pt; minimise device_compute", "early"}
        }) {
      BestStatic planner =
          new BestStatic(
              facts,
              List.of(early, whole),
              Objective.parse(wanted[0]),
              List.of(new Spell(link(1), 1)),
              GIVE_UP);
      assertThat(plan(planner)).as(wanted[0]).isEqualTo(wanted[1].equals("early") ? early : whole);
    }
  }

  @Test
  void aFloorOfThroughputIsNotOneOfAccuracy() throws Exception {
    /* 100 ms a frame here, 50 on the link: 10 and 20 a second. */
    assertThat(plan(best("throughput >= 15 fps; minimise uplink_bytes", new Spell(link(8), 1))))
        .isEqualTo(THERE);
    assertThat(plan(best("throughput >= 9 fps; minimise uplink_bytes", new Spell(link(8), 1))))
        .isEqualTo(HERE);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void noOtherPlanThatHoldsTheConstraintsIsBetter(long seed) throws Exception {
    BundleFacts facts =
        SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 120, 8, 6 * MS, true), seed);
    List<Plan> plans =
        CandidatePlans.sharedThreshold(facts, "q8", "jpeg-75").stream()
            .flatMap(chain -> chain.plans().stream())
            .toList();
    Objective objective =
        Objective.parse("p95_latency <= 160 ms, accuracy >= final - 3 pt; minimise uplink_bytes");
    List<Spell> run = new ArrayList<>();
    for (double mbit : new double[] {0.3, 2, 12}) {
      run.add(
          new Spell(
              Estimates.of(LinkState.UP, mbit * 125_000, 0.1, 20 * MS, 0, 15, 1, 0, 200 * MS),
              mbit < 1 ? 1 : 30));
    }
    BestStatic best = new BestStatic(facts, plans, objective, run, GIVE_UP);
    double accuracyFloor = finalAccuracy(facts) - 0.03;
    Metric bytes = Metric.of(Metric.Kind.UPLINK_BYTES);
    Metric accuracy = Metric.of(Metric.Kind.ACCURACY);
    assertThat(best.value(P95)).isLessThanOrEqualTo(160 * MS);
    assertThat(best.value(accuracy)).isGreaterThanOrEqualTo(accuracyFloor);
    for (Plan plan : plans) {
      BestStatic only = new BestStatic(facts, List.of(plan), objective, run, GIVE_UP);
      if (only.value(P95) <= 160 * MS && only.value(accuracy) >= accuracyFloor) {
        assertThat(best.value(bytes)).as("%s", plan).isLessThanOrEqualTo(only.value(bytes));
      }
    }
  }

  private static double finalAccuracy(BundleFacts facts) {
    int right = 0;
    for (int s = 0; s < facts.select().samples(); s++) {
      right += facts.select().correct(s, facts.finalExit()) ? 1 : 0;
    }
    return (double) right / facts.select().samples();
  }

  @Test
  void aRunHasSpellsAndWeightsArePositive() {
    assertThatThrownBy(() -> best("minimise mean_latency"))
        .isInstanceOf(IllegalArgumentException.class);
    for (double bad : new double[] {Double.NaN, 0, -1, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new Spell(link(1), bad))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}

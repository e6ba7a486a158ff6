package dev.sluice.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.FloorProof;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;
  private static final String GOAL =
      "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute, then uplink_bytes";

  private static final BundleFacts FACTS = SyntheticFacts.of(1);

  /** Neither headroom, tolerance nor hysteresis: the plain optimum. */
  private static final SchedulerOptions EXACT =
      new SchedulerOptions(true, 1, 2, 0, 0, 0, Duration.ZERO);

  private static Estimates link(double mbit, long roundTripMs, double deviceScale) {
    return Estimates.of(
        LinkState.UP, mbit * 125_000, 0.1, roundTripMs * MS, 2 * MS, deviceScale, 1, MS, 200 * MS);
  }

  private static SyntheticFacts.Shape small() {
    return new SyntheticFacts.Shape(4, List.of(1, 2), 300, 10, 6_000_000, false);
  }

  /** Every candidate looked at one by one, by what the predictions and the proofs say. */
  private static Optional<Prediction> exhaustive(
      Predictor predictor,
      FloorProof.Proven proven,
      Estimates estimates,
      double latencyMs,
      List<Function<Prediction, Double>> targets) {
    List<Prediction> left = new ArrayList<>();
    for (int index = 0; index < predictor.size(); index++) {
      Prediction prediction = predictor.predict(index, estimates);
      double late = predictor.lateLoss(index, latencyMs * MS, estimates, 1);
      if (!prediction.overloaded()
          && prediction.p95LatencyNanos() <= latencyMs * MS
          && proven.holds(index)
          && proven.gap(index) + late <= 0) {
        left.add(prediction);
      }
    }
    for (Function<Prediction, Double> target : targets) {
      double least = left.stream().mapToDouble(target::apply).min().orElse(0);
      left.removeIf(prediction -> target.apply(prediction) > least);
    }
    return left.stream().findFirst();
  }

  private static Predictor predictor(BundleFacts facts) {
    List<Plan> plans =
        CandidatePlans.sluice(facts).stream()
            .flatMap((PlanChain chain) -> chain.plans().stream())
            .toList();
    return new Predictor(facts, plans, 1, 2);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void findsWhatAnExhaustiveSearchFinds(long seed) throws Exception {
    BundleFacts facts = SyntheticFacts.of(small(), seed);
    Scheduler scheduler = new Scheduler(facts, Objective.parse(GOAL), EXACT);
    Predictor predictor = predictor(facts);
    FloorProof.Proven proven = FloorProof.of(predictor, Objective.parse(GOAL)).prove();
    for (double mbit : new double[] {20, 6, 1, 0.25}) {
      Estimates estimates = link(mbit, 50, 25);
      Optional<Prediction> expected =
          exhaustive(
              predictor,
              proven,
              estimates,
              150,
              List.of(Prediction::workerComputeNanos, Prediction::uplinkBytes));

      PlanDecision decision = scheduler.decide(estimates, Optional.empty(), 0);

      assertThat(decision.feasible())
          .as("seed %d, %s Mbit/s", seed, mbit)
          .isEqualTo(expected.isPresent());
      if (expected.isPresent()) {
        assertThat(decision.prediction().workerComputeNanos())
            .as("seed %d, %s Mbit/s: %s", seed, mbit, decision)
            .isEqualTo(expected.get().workerComputeNanos());
        assertThat(decision.prediction().uplinkBytes()).isEqualTo(expected.get().uplinkBytes());
      } else {
        assertThat(decision.prediction().p95LatencyNanos()).isLessThanOrEqualTo(150 * MS);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void onASlowLinkFindsTheMostAccurateOfThoseInTime(long seed) throws Exception {
    BundleFacts facts = SyntheticFacts.of(small(), seed);
    String goal =
        "p95_latency <= 150 ms, accuracy >= 99.9 %; minimise worker_compute, then uplink_bytes";
    Scheduler scheduler = new Scheduler(facts, Objective.parse(goal), EXACT);
    Predictor predictor = predictor(facts);
    Random random = new Random(seed);
    for (int round = 0; round < 12; round++) {
      Estimates estimates =
          link(0.05 * Math.pow(10, random.nextDouble()), 5 + random.nextInt(100), 10);
      double[] worth = new double[predictor.size()];
      double most = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < worth.length; i++) {
        Prediction prediction = predictor.predict(i, estimates);
        boolean timely = !prediction.overloaded() && prediction.p95LatencyNanos() <= 150 * MS;
        worth[i] =
            timely
                ? predictor.cautiousDifference(i) - predictor.lateLoss(i, 150 * MS, estimates, 1)
                : Double.NEGATIVE_INFINITY;
        most = Math.max(most, worth[i]);
      }
      assertThat(most).as("some plan is in time").isGreaterThan(Double.NEGATIVE_INFINITY);
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < worth.length; i++) {
        if (worth[i] >= most - 0.002) {
          least = Math.min(least, predictor.predict(i, estimates).workerComputeNanos());
        }
      }

      PlanDecision decision = scheduler.decide(estimates, Optional.empty(), 0);

      assertThat(decision.feasible()).isFalse();
      assertThat(worth[predictor.index(decision.plan())])
          .as("%s under %s", decision, estimates)
          .isGreaterThanOrEqualTo(most - 0.002);
      assertThat(decision.prediction().workerComputeNanos()).isEqualTo(least);
    }
  }

  /* What a source with frames always at hand measures is the present plan's own pace. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void holdsItsFloorAtTheMostThroughputWhereThePlanSetsThePace(long seed) throws Exception {
    BundleFacts facts = SyntheticFacts.of(small(), seed);
    Objective objective =
        Objective.parse(
            "p95_latency <= 60 s, accuracy >= final - 0.5 pt; maximise throughput, then minimise"
                + " device_compute");
    Scheduler scheduler = new Scheduler(facts, objective, EXACT);
    Predictor predictor = predictor(facts);
    FloorProof.Proven proven = FloorProof.of(predictor, objective).prove();
    Optional<Plan> current = Optional.empty();
    long period = 200 * MS;
    long now = 0;
    for (double mbit : new double[] {20, 20, 4, 4, 1, 1, 0.1, 20, 0.1}) {
      Estimates estimates =
          Estimates.of(LinkState.UP, mbit * 125_000, 0.1, 50 * MS, 2 * MS, 25, 1, MS, period);
      double most = 0;
      for (int i = 0; i < predictor.size(); i++) {
        if (proven.holds(i)) {
          most = Math.max(most, predictor.predict(i, estimates).throughputFramesPerSecond());
        }
      }

      PlanDecision decision = scheduler.decide(estimates, current, now);

      assertThat(decision.feasible()).as("%s Mbit/s: %s", mbit, decision).isTrue();
      int chosen = predictor.find(decision.plan()).orElseThrow();
      assertThat(proven.holds(chosen)).as("%s Mbit/s: %s", mbit, decision).isTrue();
      assertThat(decision.prediction().throughputFramesPerSecond())
          .as("%s Mbit/s: %s", mbit, decision)
          .isEqualTo(most);
      current = Optional.of(decision.plan());
      period = Math.round(1e9 / decision.prediction().throughputFramesPerSecond());
      now += 20 * SECOND;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void usesOnlyPlansThatTheDeviceCanRun(int deepest) throws Exception {
    BundleFacts facts = SyntheticFacts.of(small(), 1);
    int cut = facts.exitCut(deepest - 1);
    Scheduler scheduler =
        new Scheduler(
            facts, Objective.parse(GOAL), EXACT, Optional.empty(), plan -> plan.split() <= cut);
    for (double mbit : new double[] {100, 20, 6, 1, 0.25, 0.01}) {
      Plan plan = scheduler.decide(link(mbit, 50, 25), Optional.empty(), 0).plan();
      assertThat(plan.split()).as("%s Mbit/s", mbit).isLessThanOrEqualTo(cut);
    }
    assertThatThrownBy(
            () ->
                new Scheduler(
                    facts, Objective.parse(GOAL), EXACT, Optional.empty(), Plan::usesCloud))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("local plan");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aLooserConstraintNeverWorsensTheFirstTarget(long seed) throws Exception {
    BundleFacts facts = SyntheticFacts.of(small(), seed);
    double before = Double.POSITIVE_INFINITY;
    for (int latency = 60; latency <= 400; latency += 40) {
      PlanDecision decision =
          new Scheduler(
                  facts,
                  Objective.parse(
                      "p95_latency <= "
                          + latency
                          + " ms, accuracy >= final - 1 pt; minimise worker_compute"),
                  EXACT)
              .decide(link(4, 40, 25), Optional.empty(), 0);
      if (decision.feasible()) {
        assertThat(decision.prediction().workerComputeNanos())
            .as("seed %d, %d ms", seed, latency)
            .isLessThanOrEqualTo(before);
        before = decision.prediction().workerComputeNanos();
      } else {
        assertThat(before).as("once feasible, always").isInfinite();
      }
    }
    before = Double.POSITIVE_INFINITY;
    for (String points : List.of("0.5", "1", "2", "4", "8", "16")) {
      PlanDecision decision =
          new Scheduler(
                  facts,
                  Objective.parse(
                      "p95_latency <= 200 ms, accuracy >= final - "
                          + points
                          + " pt; minimise worker_compute"),
                  EXACT)
              .decide(link(4, 40, 25), Optional.empty(), 0);
      if (decision.feasible()) {
        assertThat(decision.prediction().workerComputeNanos())
            .as("seed %d, %s points", seed, points)
            .isLessThanOrEqualTo(before);
        before = decision.prediction().workerComputeNanos();
      }
    }
  }

  @Test
  void keepsEverythingOnTheDeviceWhenTheLinkIsSlowAndTheDeviceQuick() throws Exception {
    Scheduler scheduler = scheduler(GOAL);

    PlanDecision decision = scheduler.decide(link(0.01, 200, 5), Optional.empty(), 0);

    assertThat(decision.feasible()).isTrue();
    assertThat(decision.plan().usesCloud() && decision.prediction().offloadedShare() > 0).isFalse();
  }

  /* A change that is not needed waits until ten times what a change takes has passed. */
  @Test
  void changesSeldomWhereAChangeTakesLong() throws Exception {
    int waited = 0;
    for (double slow : new double[] {25, 40, 60}) {
      for (double quick : new double[] {2, 5, 10}) {
        Estimates before = link(4, 40, slow);
        Estimates after = link(4, 40, quick);
        Scheduler scheduler = scheduler(GOAL);
        Optional<Plan> current = Optional.of(scheduler.decide(before, Optional.empty(), 0).plan());
        PlanDecision soon =
            scheduler.decide(after.withSwitchNanos(1_000 * MS), current, 5_000 * MS);
        if (soon.reason().contains("waits a moment")) {
          waited++;
          assertThat(soon.plan()).isEqualTo(current.get());
          assertThat(scheduler.decide(after, current, 5_000 * MS).plan())
              .as("a second is enough where a change takes no time")
              .isNotEqualTo(current.get());
          Scheduler later = scheduler(GOAL);
          later.decide(before, Optional.empty(), 0);
          assertThat(later.decide(after.withSwitchNanos(1_000 * MS), current, 10_001 * MS).plan())
              .isNotEqualTo(current.get());
        }
      }
    }
    assertThat(waited).isPositive();
  }

  @Test
  void sendsThePictureWhenTheDeviceIsHopelesslySlow() throws Exception {
    PlanDecision decision = scheduler(GOAL).decide(link(50, 5, 600), Optional.empty(), 0);

    assertThat(decision.feasible()).isTrue();
    assertThat(decision.plan().split()).isZero();
    assertThat(decision.plan().codec()).isIn("raw", "jpeg-75", "jpeg-30");
  }

  @Test
  void staysLocalWhileTheLinkIsDownOrUnknown() throws Exception {
    Scheduler scheduler = scheduler(GOAL);
    for (LinkState state : List.of(LinkState.DOWN, LinkState.UNKNOWN)) {
      PlanDecision decision =
          scheduler.decide(
              Estimates.of(state, 1e6, 0.1, 20 * MS, MS, 40, 1, 0, 200 * MS), Optional.empty(), 0);

      assertThat(decision.plan().usesCloud()).isFalse();
      assertThat(decision.prediction().p95LatencyNanos()).isLessThanOrEqualTo(150 * MS);
      assertThat(decision.prediction().overloaded()).isFalse();
      assertThat(decision.reason()).contains("link").contains("stays local");
    }
  }

  @Test
  void keepsLatencyFirstWhenTheFloorCannotHold() throws Exception {
    PlanDecision decision = scheduler(GOAL).decide(link(0.05, 80, 40), Optional.empty(), 0);

    assertThat(decision.feasible()).isFalse();
    assertThat(decision.prediction().p95LatencyNanos()).isLessThanOrEqualTo(150 * MS);
    assertThat(decision.reason())
        .contains("keeps latency")
        .contains("accuracy >= final - 1 pt")
        .containsPattern("the proof of the best that does is [0-9.]+ pt short")
        .containsPattern("measured accuracy [0-9.]+ %, final [0-9.]+ %");
  }

  @Test
  void whereNothingIsProvenPrefersWhatIsSteadyToWhatWasLuckyOnOneTable() throws Exception {
    Plan steady = new Plan(1, "q8", List.of());
    Plan lucky = new Plan(1, "q8", List.of(new ExitThreshold(0, 0.5)));
    List<PlanChain> chains =
        List.of(
            new PlanChain(List.of(Plan.local(2, List.of()))),
            new PlanChain(List.of(steady, lucky)));
    Scheduler scheduler =
        new Scheduler(
            exitRightOf(98, 85),
            Objective.parse("p95_latency <= 23 ms, accuracy >= final - 1 pt; minimise latency"),
            EXACT,
            chains);
    Estimates fast = Estimates.of(LinkState.UP, 2e6, 0, 2 * MS, 0, 1, 0.1, 0, 200 * MS);

    PlanDecision decision = scheduler.decide(fast, Optional.empty(), 0);

    assertThat(decision.feasible()).isFalse();
    assertThat(decision.plan()).isEqualTo(steady);
  }

  /**
   * Two segments of 10 ms with an exit between them that is always sure and right about so many of
   * 100 samples; the final exit is right about 95, with and without the codec.
   */
  private static BundleFacts exitRightOf(int select, int certify) {
    Profile profile =
        new Profile(
            1,
            "by hand",
            4 * MS,
            List.of(new Profile.SegmentTime(1, 10 * MS), new Profile.SegmentTime(2, 10 * MS)),
            List.of(new Profile.HeadTime(0, MS)),
            List.of(new Profile.CodecCost(1, "q8", 2 * MS, 3 * MS, 1000, 1000)));
    return new BundleFacts(
        2,
        List.of(new BundleFacts.ExitFact(0, 1), new BundleFacts.ExitFact(1, 2)),
        List.of(
            new BundleFacts.CutFact(0, 0),
            new BundleFacts.CutFact(1, 0.5),
            new BundleFacts.CutFact(2, 1)),
        List.of(new BundleFacts.CodecFact(1, "q8")),
        profile,
        exitRightOf(CalibrationTable.Role.SELECT, select),
        exitRightOf(CalibrationTable.Role.CERTIFY, certify));
  }

  private static CalibrationTable exitRightOf(CalibrationTable.Role role, int right) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(
            role, 2, 100, new int[] {1, 2}, List.of(new CalibrationTable.Variant(1, "q8")));
    for (int s = 0; s < 100; s++) {
      int last = s < 95 ? 1 : 0;
      table
          .sample(s, 1, -1)
          .outcome(s, 0, 99 - s < right ? 1 : 0, 0.9, 0.8, 0.3)
          .outcome(s, 1, last, 0.9, 0.8, 0.3)
          .payload(0, s, 1000)
          .outcome(0, s, 1, last, 0.9, 0.8, 0.3);
    }
    return table.build();
  }

  @Test
  void saysByHowMuchTheLatencyCannotHold() throws Exception {
    PlanDecision decision =
        scheduler("p95_latency <= 1 ms; minimise uplink_bytes")
            .decide(link(6, 50, 40), Optional.empty(), 0);

    assertThat(decision.feasible()).isFalse();
    assertThat(decision.reason())
        .containsPattern("p95_latency <= 1 ms cannot hold: the fastest plan needs [0-9.]+ ms");
  }

  @Test
  void saysWhenNothingKeepsUpWithTheFrames() throws Exception {
    PlanDecision decision =
        scheduler(GOAL)
            .decide(
                Estimates.of(LinkState.DOWN, 1e6, 0.1, 0, 0, 4000, 1, 0, 200 * MS),
                Optional.empty(),
                0);

    assertThat(decision.feasible()).isFalse();
    assertThat(decision.reason()).contains("no plan keeps up with the frames");
  }

  @Test
  void saysByHowMuchABudgetIsExceeded() throws Exception {
    PlanDecision decision =
        scheduler(
                "accuracy >= final - 1 pt, uplink_bytes <= 1 B, device_compute <= 0.001 ms;"
                    + " minimise latency")
            .decide(link(6, 50, 40), Optional.empty(), 0);

    assertThat(decision.feasible()).isFalse();
    assertThat(decision.reason()).contains("no plan keeps within uplink_bytes <= 1 B");
  }

  @Test
  void keepsThePlanForASmallGainAndLeavesItForALargeOne() throws Exception {
    Scheduler scheduler = scheduler(GOAL);
    Plan plan = scheduler.decide(link(6, 50, 40), Optional.empty(), 0).plan();

    assertThat(scheduler.decide(link(6.3, 50, 40), Optional.of(plan), 2 * SECOND).plan())
        .isEqualTo(plan);

    PlanDecision better = scheduler.decide(link(50, 5, 20), Optional.of(plan), 4 * SECOND);
    assertThat(better.plan()).isNotEqualTo(plan);
    assertThat(better.prediction().workerComputeNanos())
        .isLessThan(
            0.9
                * new Predictor(FACTS, List.of(plan), 1, 2)
                    .predict(0, link(50, 5, 20))
                    .workerComputeNanos());
  }

  /** A few points of accuracy are a large part of the errors, if a small one of the accuracy. */
  @Test
  void leavesAPlanForOneWithFarFewerErrors() throws Exception {
    Scheduler scheduler = scheduler("p95_latency <= 400 ms; maximise accuracy");
    Predictor predictor = predictor(FACTS);
    Estimates quick = link(50, 5, 20);
    double most = scheduler.decide(quick, Optional.empty(), 0).prediction().accuracy();
    Plan worse =
        IntStream.range(0, predictor.size())
            .filter(i -> 1 - predictor.accuracy(i) > 1.3 * (1 - most))
            .boxed()
            .min(Comparator.comparingDouble(i -> 1 - predictor.accuracy(i)))
            .map(predictor::plan)
            .orElseThrow();
    assertThat(predictor.accuracy(predictor.index(worse))).isGreaterThan(0.9 * most);

    PlanDecision decision = scheduler.decide(quick, Optional.of(worse), 60 * SECOND);

    assertThat(decision.prediction().accuracy()).isEqualTo(most);
  }

  @Test
  void choosesNoPlanWhoseFloorIsNotProven() throws Exception {
    BundleFacts facts = SyntheticFacts.of(small(), 2);
    Objective objective = Objective.parse("accuracy >= final - 2 pt; minimise latency");
    Scheduler scheduler = new Scheduler(facts, objective, EXACT);
    Predictor predictor = predictor(facts);
    FloorProof.Proven proven = FloorProof.of(predictor, objective).prove();
    for (double mbit : new double[] {0.1, 1, 10}) {
      PlanDecision decision = scheduler.decide(link(mbit, 20, 30), Optional.empty(), 0);
      assertThat(decision.feasible()).isTrue();
      assertThat(proven.holds(predictor.index(decision.plan()))).isTrue();
    }
  }

  @Test
  void leavesAForcedPlanThatIsNoCandidate() throws Exception {
    Plan strange = new Plan(2, "q8", List.of(new ExitThreshold(0, 0.1234)));

    assertThat(scheduler(GOAL).decide(link(6, 50, 40), Optional.of(strange), 0).plan())
        .isNotEqualTo(strange);
  }

  @Test
  void needsALocalCandidate() throws Exception {
    Objective objective = Objective.parse(GOAL);
    List<PlanChain> chains = List.of(new PlanChain(List.of(new Plan(0, "raw", List.of()))));

    assertThatThrownBy(() -> new Scheduler(SyntheticFacts.of(small(), 1), objective, EXACT, chains))
        .hasMessageContaining("local plan");
  }

  private static Scheduler scheduler(String goal) throws Exception {
    return new Scheduler(SyntheticFacts.of(1), Objective.parse(goal), SchedulerOptions.defaults());
  }

  @Test
  void takesTheCompanionOnlyWhileAWorkerServesIt() throws Exception {
    BundleFacts facts = SyntheticFacts.withCompanion(1, 3, MS);
    Scheduler scheduler =
        new Scheduler(
            facts,
            Objective.parse("p95_latency <= 400 ms; maximise accuracy"),
            SchedulerOptions.plain());
    Estimates quick = link(50, 5, 2);

    PlanDecision served = scheduler.decide(quick, Optional.empty(), 0);
    assertThat(served.plan().usesCompanion()).isTrue();
    assertThat(served.prediction().accuracy())
        .isGreaterThan(served.prediction().finalAccuracy() + 0.01);

    scheduler.companionServed(false);
    PlanDecision without = scheduler.decide(quick, Optional.of(served.plan()), 1);
    assertThat(without.plan().usesCompanion()).isFalse();

    scheduler.companionServed(true);
    assertThat(scheduler.decide(quick, Optional.empty(), 2).plan().usesCompanion()).isTrue();
  }

  @Test
  void tellsWhetherABetterLinkWouldChangeThePlan() throws Exception {
    BundleFacts facts = SyntheticFacts.of(small(), 1);
    Scheduler quick = new Scheduler(facts, Objective.parse("minimise mean_latency"), EXACT);
    Estimates slow = link(0.02, 50, 25);
    Plan local = quick.decide(slow, Optional.empty(), 0).plan();
    assertThat(local.usesCloud()).isFalse();
    assertThat(quick.wouldKeep(local, slow)).isTrue();
    assertThat(quick.wouldKeep(local, slow.withPerfectLink())).isFalse();

    Scheduler frugal = new Scheduler(facts, Objective.parse("minimise uplink_bytes"), EXACT);
    Plan silent = frugal.decide(slow, Optional.empty(), 0).plan();
    assertThat(frugal.wouldKeep(silent, slow.withPerfectLink())).isTrue();
    assertThat(frugal.wouldKeep(silent, slow.withEndlessUplink())).isTrue();
  }

  @Test
  void askingWhatIfChangesNoDecision() throws Exception {
    BundleFacts facts = SyntheticFacts.of(small(), 2);
    Scheduler asked = new Scheduler(facts, Objective.parse(GOAL), EXACT);
    Scheduler unasked = new Scheduler(facts, Objective.parse(GOAL), EXACT);
    Optional<Plan> current = Optional.empty();
    for (int i = 0; i < 60; i++) {
      Estimates estimates = link(0.1 + (i * 7 % 13), 50, 25);
      PlanDecision decision = asked.decide(estimates, current, i * 100 * MS);
      asked.wouldKeep(decision.plan(), estimates.withPerfectLink());
      asked.wouldKeep(decision.plan(), estimates.withEndlessUplink());
      assertThat(decision).isEqualTo(unasked.decide(estimates, current, i * 100 * MS));
      current = Optional.of(decision.plan());
    }
  }
}

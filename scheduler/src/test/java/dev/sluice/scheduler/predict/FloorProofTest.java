package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloorProofTest {
  private static final String GOAL =
      "p95_latency <= 150 ms, accuracy >= final - %s pt; minimise worker_compute";

  private static BundleFacts facts(long seed, int samples) {
    return SyntheticFacts.of(
        new SyntheticFacts.Shape(5, List.of(1, 2, 3), samples, 10, 6_000_000, false), seed);
  }

  private static Predictor predictor(BundleFacts facts) {
    List<Plan> plans =
        CandidatePlans.sluice(facts).stream().flatMap(chain -> chain.plans().stream()).toList();
    return new Predictor(facts, plans, 1, 2);
  }

  private static Objective goal(String points) throws Exception {
    return Objective.parse(GOAL.formatted(points));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void choosesWhatToTestWithoutALookAtTheOutcomesOfTheCertifyTable(long seed) throws Exception {
    BundleFacts facts = facts(seed, 2000);
    BundleFacts other = facts(seed + 100, 2000);
    BundleFacts mixed =
        new BundleFacts(
            facts.lastCut(),
            facts.exits(),
            facts.cuts(),
            facts.codecs(),
            facts.profile(),
            facts.select(),
            other.certify());

    assertThat(FloorProof.of(predictor(mixed), goal("2")).tested())
        .isEqualTo(FloorProof.of(predictor(facts), goal("2")).tested())
        .isNotEmpty();
  }

  @Test
  void testsASmallPartOfThePlans() throws Exception {
    Predictor predictor = predictor(SyntheticFacts.of(1));
    FloorProof proof = FloorProof.of(predictor, goal("3"));

    assertThat(predictor.size()).isGreaterThan(500);
    assertThat(proof.tested().length).isBetween(1, predictor.size() / 4);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void whereAccuracyIsATargetTheMostAccurateOfTheCheapestPlansIsProven(long seed) throws Exception {
    /* Two tenths of a point, within which plans are alike, are less than one of 450 samples. */
    Predictor predictor = predictor(facts(seed, 450));
    for (int milliseconds : new int[] {60, 80, 100}) {
      Objective goal =
          Objective.parse(
              "p95_latency <= %s ms, accuracy >= final - 5 pt;".formatted(milliseconds)
                  + " minimise worker_compute, maximise accuracy");
      FloorProof proof = FloorProof.of(predictor, goal);
      int[] all =
          IntStream.range(0, predictor.size())
              .filter(i -> predictor.accuracy(i) > predictor.finalAccuracy() - 0.05)
              .toArray();

      double accuracy = mostAccurateLocal(predictor, proof.prove(), milliseconds);

      assertThat(accuracy)
          .as("within %s ms", milliseconds)
          .isGreaterThanOrEqualTo(
              mostAccurateLocal(predictor, proof.testing(all).prove(), milliseconds));
    }
  }

  /** Local plans cost the worker nothing; the device takes 120 ms for the whole network. */
  private static double mostAccurateLocal(
      Predictor predictor, FloorProof.Proven proven, int milliseconds) {
    Estimates estimates = Estimates.of(LinkState.UP, 1e5, 0, 0, 0, 20, 1, 0, 0);
    return IntStream.range(0, predictor.size())
        .filter(i -> !predictor.plan(i).usesCloud() && proven.holds(i))
        .filter(
            i ->
                predictor.value(i, Metric.latencyPercentile(95), estimates)
                    <= milliseconds * 1_000_000L)
        .mapToDouble(predictor::accuracy)
        .max()
        .orElse(0);
  }

  @Test
  void noPlanWithTheCompanionStandsInForOneWithout() throws Exception {
    /* It answers as well, costs the worker nothing, and nobody knows whether it will be served. */
    BundleFacts facts = SyntheticFacts.withCompanion(3, 2, 0);
    Predictor with = predictor(facts);
    Predictor without =
        predictor(
            new BundleFacts(
                facts.lastCut(),
                facts.exits(),
                facts.cuts(),
                facts.codecs(),
                facts.profile(),
                facts.select(),
                facts.certify()));

    List<Plan> few = tested(without, goal("3"));
    List<Plan> many = tested(with, goal("3"));

    assertThat(many).anyMatch(Plan::usesCompanion);
    /* Which of like plans stands for them depends on what all cost on average: kinds must be there. */
    assertThat(many.stream().filter(plan -> !plan.usesCompanion()).map(kind()).toList())
        .containsAll(few.stream().map(kind()).distinct().toList());
  }

  private static Function<Plan, Plan> kind() {
    return plan -> new Plan(plan.split(), plan.codec(), List.of());
  }

  private static List<Plan> tested(Predictor predictor, Objective objective) {
    return Arrays.stream(FloorProof.of(predictor, objective).tested())
        .mapToObj(predictor::plan)
        .toList();
  }

  @Test
  void anObjectiveOfEnergyLooksAtWhatIsSentAndHowOften() throws Exception {
    Predictor predictor = predictor(facts(2, 2000));
    String floor = "accuracy >= final - 2 pt; minimise ";

    assertThat(tested(predictor, Objective.parse(floor + "device_energy")))
        .containsAll(tested(predictor, Objective.parse(floor + "mean_latency")));
  }

  @Test
  void aPlanThatIsTheNetworkItselfNeedsNoProof() throws Exception {
    Predictor predictor = predictor(facts(1, 60));
    FloorProof.Proven proven = FloorProof.of(predictor, goal("0.5")).prove();

    for (int i = 0; i < predictor.size(); i++) {
      Plan plan = predictor.plan(i);
      boolean itself =
          plan.exits().isEmpty() && List.of("none", "raw", "f32").contains(plan.codec());
      if (itself) {
        assertThat(proven.holds(i)).as("%s", plan).isTrue();
      }
    }
  }

  @Test
  void noPlanIsBetterThanTheNetworkByConstruction() throws Exception {
    Predictor predictor = predictor(facts(1, 200));
    Objective above = Objective.parse("accuracy >= final + 1 pt; minimise worker_compute");
    FloorProof.Proven proven = FloorProof.of(predictor, above).prove();

    assertThat(predictor.find(Plan.local(5, List.of())).stream().anyMatch(proven::holds)).isFalse();
  }

  @Test
  void whatIsNotTestedDoesNotHold() throws Exception {
    Predictor predictor = predictor(facts(2, 2000));
    FloorProof proof = FloorProof.of(predictor, goal("2"));
    FloorProof.Proven proven = proof.prove();
    List<Integer> tested = Arrays.stream(proof.tested()).boxed().toList();

    for (int i = 0; i < predictor.size(); i++) {
      if (!tested.contains(i) && !Codecs.identical(predictor.plan(i))) {
        assertThat(proven.gap(i)).as("%s", predictor.plan(i)).isPositive();
      }
    }
    assertThat(proven.tested()).isEqualTo(tested.size());
  }

  @Test
  void withoutFloorsEveryPlanHolds() throws Exception {
    Predictor predictor = predictor(facts(1, 100));
    FloorProof.Proven proven =
        FloorProof.of(predictor, Objective.parse("minimise uplink_bytes")).prove();

    assertThat(IntStream.range(0, predictor.size()).allMatch(proven::holds)).isTrue();
  }

  @Test
  void smallTablesProveLittle() throws Exception {
    assertThat(provenByTest(facts(3, 40))).isZero();
    assertThat(provenByTest(facts(3, 4000))).isPositive();
  }

  private static long provenByTest(BundleFacts facts) throws Exception {
    FloorProof proof = FloorProof.of(predictor(facts), goal("1"));
    FloorProof.Proven proven = proof.prove();
    return Arrays.stream(proof.tested()).filter(proven::holds).count();
  }

  @Test
  void provesAbsoluteFloorsToo() throws Exception {
    BundleFacts facts = facts(4, 3000);
    Predictor predictor = predictor(facts);
    double floor = Math.floor(100 * predictor.finalAccuracy()) - 4;
    FloorProof proof =
        FloorProof.of(
            predictor,
            Objective.parse("accuracy >= %s %%; minimise worker_compute".formatted(floor)));
    FloorProof.Proven proven = proof.prove();

    List<Integer> holding = Arrays.stream(proof.tested()).filter(proven::holds).boxed().toList();
    assertThat(holding).isNotEmpty();
    for (int index : holding) {
      assertThat(predictor.accuracyLowerBound(index)).isGreaterThan(floor / 100 - 0.001);
    }
  }

  @Test
  void everyFloorMustBeProven() throws Exception {
    Predictor predictor = predictor(facts(4, 3000));
    String absolute = "accuracy >= 20 %";
    Objective one = Objective.parse("accuracy >= final - 3 pt; minimise worker_compute");
    Objective both =
        Objective.parse(absolute + ", accuracy >= final - 3 pt; minimise worker_compute");
    Objective impossible =
        Objective.parse("accuracy >= 99.99 %, accuracy >= final - 3 pt; minimise worker_compute");

    assertThat(countProven(predictor, one)).isPositive();
    assertThat(countProven(predictor, both)).isPositive();
    assertThat(countProven(predictor, impossible)).isZero();
  }

  @Test
  void everyFloorHasAGapOfItsOwn() throws Exception {
    Predictor predictor = predictor(facts(4, 3000));
    FloorProof proof =
        FloorProof.of(
            predictor,
            Objective.parse(
                "accuracy >= final - 3 pt, accuracy >= 20 %, accuracy >= final - 8 pt; minimise"
                    + " worker_compute"));
    FloorProof.Proven proven = proof.prove();

    double[][] gaps = proven.gaps();
    int[] holding = Arrays.stream(proof.tested()).filter(proven::holds).toArray();
    assertThat(holding).isNotEmpty();
    for (int i : holding) {
      assertThat(gaps[2][i]).as("5 points more room").isCloseTo(gaps[0][i] - 0.05, within(0.015));
      assertThat(0.2 - gaps[1][i])
          .as("accuracy that is proven")
          .isBetween(predictor.accuracyLowerBound(i) - 0.03, predictor.accuracy(i) + 0.03);
      assertThat(proven.gap(i)).isEqualTo(Math.max(gaps[0][i], Math.max(gaps[1][i], gaps[2][i])));
    }
  }

  private static long countProven(Predictor predictor, Objective objective) {
    FloorProof.Proven proven = FloorProof.of(predictor, objective).prove();
    return IntStream.range(0, predictor.size()).filter(proven::holds).count();
  }

  @Test
  void seldomProvesAPlanThatBreaksItsFloorInTheWorldThatTheTableIsDrawnFrom() throws Exception {
    /* The CERTIFY table is taken for the world; 1,500 samples are drawn from it at a time. */
    SplittableRandom random = new SplittableRandom(17);
    int wrong = 0;
    int tables = 0;
    for (int seed = 1; seed <= 6; seed++) {
      BundleFacts facts = facts(seed, 500);
      Predictor predictor = predictor(facts);
      FloorProof proof = FloorProof.of(predictor, goal("2"));
      FloorProof.Evidence world = proof.evidence(facts.certify());
      List<Integer> breaking = new ArrayList<>();
      for (int index : proof.tested()) {
        if (ExitReplay.difference(facts, facts.certify(), predictor.plan(index)) < -0.02) {
          breaking.add(index);
        }
      }
      for (int table = 0; table < 60 && !breaking.isEmpty(); table++) {
        int[] drawn = random.ints(1500, 0, world.sequences()).toArray();
        wrong += breaking.stream().anyMatch(world.prove(drawn)::holds) ? 1 : 0;
        tables++;
      }
    }

    assertThat(tables).as("tables on which something could be proven wrongly").isPositive();
    assertThat((double) wrong / tables).isLessThan(0.05 + 3 * Math.sqrt(0.05 * 0.95 / tables));
  }
}

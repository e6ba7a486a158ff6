package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import dev.sluice.scheduler.profile.CompanionFact;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentPicturesTest {
  private static final long MS = 1_000_000;
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  /**
   * Two segments of 10 ms, an exit (head 1 ms) between them, pictures as jpeg: encode 2 ms, decode
   * 3 ms. Preprocessing takes 4 ms. Four samples: the exit is sure of 0 and 2, wrongly of 2. The
   * final exit is right about all with confidence 0.99, 0.6, 0.99 and 0.7, but for sample 1. After
   * jpeg it is wrong about 1 and 3. The companion takes 50 ms and is wrong about 3 alone.
   */
  private static BundleFacts handMade() {
    Profile profile =
        new Profile(
            1,
            "by hand",
            4 * MS,
            List.of(new Profile.SegmentTime(1, 10 * MS), new Profile.SegmentTime(2, 10 * MS)),
            List.of(new Profile.HeadTime(0, MS)),
            List.of(new Profile.CodecCost(0, "jpeg", 2 * MS, 3 * MS, 2000, 3000)));
    return new BundleFacts(
            2,
            List.of(new BundleFacts.ExitFact(0, 1), new BundleFacts.ExitFact(1, 2)),
            List.of(
                new BundleFacts.CutFact(0, 0),
                new BundleFacts.CutFact(1, 0.5),
                new BundleFacts.CutFact(2, 1)),
            List.of(new BundleFacts.CodecFact(0, "jpeg")),
            profile,
            table(Role.SELECT),
            table(Role.CERTIFY))
        .with(
            new CompanionFact(
                "big", "c0ffee", 50 * MS, companion(Role.SELECT), companion(Role.CERTIFY)));
  }

  private static final int[] BYTES = {500, 1000, 700, 3000};

  private static CalibrationTable table(Role role) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(role, 2, 4, new int[] {1, 2}, List.of(new Variant(0, "jpeg")));
    double[] early = {0.95, 0.6, 0.9, 0.7};
    int[] atExit = {0, 1, 1, 1};
    double[] last = {0.99, 0.6, 0.99, 0.7};
    int[] atLast = {0, 1, 0, 0};
    int[] afterJpeg = {0, 1, 0, 1};
    for (int s = 0; s < 4; s++) {
      table
          .sample(s, 0, -1)
          .outcome(s, 0, atExit[s], early[s], 0.1, 0.1)
          .outcome(s, 1, atLast[s], last[s], 0.1, 0.1)
          .payload(0, s, BYTES[s] - Envelope.REQUEST_BYTES)
          /* After jpeg the early exit is sure of everything: it must not be asked again. */
          .outcome(0, s, 0, 1, 1, 0.1, 0.1)
          .outcome(0, s, 1, afterJpeg[s], 0.8, 0.1, 0.1);
    }
    return table.build();
  }

  private static CalibrationTable companion(Role role) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(role, 2, 4, new int[] {1}, List.of(new Variant(0, "jpeg")));
    for (int s = 0; s < 4; s++) {
      table
          .sample(s, 0, -1)
          .outcome(s, 0, 0, 0.9, 0.8, 0.1)
          .payload(0, s, BYTES[s] - Envelope.REQUEST_BYTES)
          .outcome(0, s, 0, s == 3 ? 1 : 0, 0.9, 0.8, 0.1);
    }
    return table.build();
  }

  private static ExitThreshold at(int exit, double threshold) {
    return new ExitThreshold(exit, threshold);
  }

  private static Outcome outcome(BundleFacts facts, Plan plan) {
    return Outcome.of(facts, facts.select(), plan, Optional.empty());
  }

  @Test
  void sendsThePictureOfWhatTheDevicesExitIsNotSureOf() {
    BundleFacts facts = handMade();
    Plan plan = new Plan(1, "jpeg", List.of(at(0, 0.8)), Sends.PICTURE);

    Outcome outcome = outcome(facts, plan);

    assertThat(outcome.exit).containsExactly(0, 1, 0, 1);
    assertThat(outcome.bytes)
        .containsExactly(-1, 1000 - Envelope.REQUEST_BYTES, -1, 3000 - Envelope.REQUEST_BYTES);
    assertThat(outcome.right).containsExactly(true, false, false, false);
    CostModel costs = CostModel.of(facts, plan);
    assertThat(costs.deviceStop[0]).isEqualTo(15 * MS);
    assertThat(costs.deviceSent).isEqualTo(17 * MS);
    /* Decoding, preprocessing and both segments again, without the exit's head. */
    assertThat(costs.worker[1]).isEqualTo(27 * MS);
    assertThat(costs.leastWorker).isEqualTo(27 * MS);
    /* The device goes on from the split: 10 ms more. */
    assertThat(costs.fallbackExit(27 * MS, true)).isEqualTo(1);
    assertThat(costs.fallbackExit(26 * MS, true)).isZero();
  }

  @Test
  void sendsThePictureToTheCompanion() {
    BundleFacts facts = handMade();
    Plan plan = new Plan(1, "jpeg", List.of(at(0, 0.8)), Sends.COMPANION);

    Outcome outcome = outcome(facts, plan);

    assertThat(outcome.exit).containsExactly(0, 2, 0, 2);
    assertThat(outcome.bytes)
        .containsExactly(-1, 1000 - Envelope.REQUEST_BYTES, -1, 3000 - Envelope.REQUEST_BYTES);
    assertThat(outcome.right).containsExactly(true, true, false, false);
    CostModel costs = CostModel.of(facts, plan);
    assertThat(costs.deviceSent).isEqualTo(17 * MS);
    assertThat(costs.worker[facts.companionExit()]).isEqualTo(53 * MS);
    assertThat(costs.leastWorker).isEqualTo(53 * MS);
  }

  @Test
  void asksTheCompanionWhereTheWholeNetworkIsNotSure() {
    BundleFacts facts = handMade();
    Plan plan = new Plan(2, "jpeg", List.of(at(1, 0.65)), Sends.COMPANION);

    Outcome outcome = outcome(facts, plan);

    assertThat(outcome.exit).containsExactly(1, 2, 1, 1);
    assertThat(outcome.right).containsExactly(true, true, true, true);
    Predictor predictor = new Predictor(facts, List.of(plan), 0, 0);
    Estimates estimates = Estimates.of(LinkState.UP, 1e6, 0, 20 * MS, 0, 2, 0.5, 5 * MS, 0);
    Prediction prediction = predictor.predict(0, estimates);
    assertThat(prediction.accuracy()).isEqualTo(1).isGreaterThan(prediction.finalAccuracy());
    assertThat(prediction.offloadedShare()).isEqualTo(0.25);
    assertThat(prediction.uplinkBytes()).isEqualTo(250);
    /* Three stop after 24 ms, one encodes for 2 ms besides; the device is twice as slow. */
    assertThat(prediction.deviceComputeNanos()).isEqualTo((3 * 24 + 26) / 4.0 * 2 * MS);
    assertThat(prediction.workerComputeNanos()).isEqualTo(53 / 4.0 / 2 * MS);
    /* 52 ms on the device, 1 ms on the link, the round trip, the queue, half of 53 ms. */
    assertThat(prediction.latency().percentileNanos(100))
        .isEqualTo(Math.round((52 + 1 + 20 + 5 + 26.5) * MS));
    assertThat(CostModel.of(facts, plan).fallbackExit(26 * MS, true)).isEqualTo(1);
  }

  @Test
  void sendsEveryPictureToTheCompanionAtSplit0() {
    BundleFacts facts = handMade();
    Plan plan = new Plan(0, "jpeg", List.of(), Sends.COMPANION);

    assertThat(outcome(facts, plan).exit).containsExactly(2, 2, 2, 2);
    assertThat(outcome(facts, plan).right).containsExactly(true, true, true, false);
    assertThat(CostModel.of(facts, plan).deviceSent).isEqualTo(2 * MS);
    assertThat(new Predictor(facts, List.of(plan), 0, 0).differenceLowerBound(0)).isNegative();
  }

  @Test
  void refusesPlansThatMakeNoSense() {
    BundleFacts facts = handMade();
    refused(facts, new Plan(2, "jpeg", List.of(), Sends.COMPANION), "final exit");
    refused(facts, new Plan(0, "jpeg", List.of(at(0, 0.5)), Sends.COMPANION), "no exits");
    refused(facts, new Plan(1, "png", List.of(), Sends.COMPANION), "png");
    refused(facts, new Plan(2, "jpeg", List.of(), Sends.PICTURE), "nothing is left");
    refused(facts, new Plan(1, "jpeg", List.of(at(1, 0.5)), Sends.PICTURE), "early exit");
    refused(facts, new Plan(2, Plan.NO_CODEC, List.of(at(1, 0.5))), "early exit");
    refused(
        SyntheticFacts.of(1), new Plan(1, "jpeg-75", List.of(), Sends.COMPANION), "no companion");
    assertThatThrownBy(() -> new Plan(0, "jpeg", List.of(), Sends.PICTURE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Plan(2, Plan.NO_CODEC, List.of(), Sends.COMPANION))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void refused(BundleFacts facts, Plan plan, String why) {
    assertThatThrownBy(() -> new Predictor(facts, List.of(plan), 0, 0))
        .as(plan.toString())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void withAllExitsOffAnswersAsWhoSendsThePictureAtOnce(long seed) {
    BundleFacts facts = SyntheticFacts.of(seed);
    for (String codec : List.of("raw", "jpeg-75", "jpeg-30")) {
      Outcome atOnce = outcome(facts, new Plan(0, codec, List.of()));
      for (int exit = 0; exit < facts.finalExit(); exit++) {
        Plan plan =
            new Plan(facts.exitCut(exit), codec, List.of(at(exit, INFINITE)), Sends.PICTURE);
        Outcome later = outcome(facts, plan);
        assertThat(later.right).as(plan.describe()).isEqualTo(atOnce.right);
        assertThat(later.exit).isEqualTo(atOnce.exit);
        assertThat(later.bytes).isEqualTo(atOnce.bytes);
        double[] worker = CostModel.of(facts, plan).worker;
        assertThat(worker[facts.finalExit()])
            .isEqualTo(
                CostModel.of(facts, new Plan(0, codec, List.of())).worker[facts.finalExit()]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aCompanionThatAnswersAsTheFinalExitChangesNoAnswer(long seed) {
    BundleFacts facts = SyntheticFacts.withCompanion(seed, 0, 20 * MS);
    List<ExitThreshold> exits = List.of(at(0, 0.9), at(1, 0.8));
    int split = facts.exitCut(1);

    Outcome own = outcome(facts, new Plan(split, "jpeg-75", exits, Sends.PICTURE));
    Outcome companion = outcome(facts, new Plan(split, "jpeg-75", exits, Sends.COMPANION));

    assertThat(companion.right).isEqualTo(own.right);
    assertThat(companion.bytes).isEqualTo(own.bytes);
  }

  @Test
  void findsEveryKindAmongTheCandidatesAndCanPredictThemAll() {
    BundleFacts facts = SyntheticFacts.withCompanion(4, 1, 20 * MS);
    List<Plan> plans =
        CandidatePlans.sluice(facts).stream().flatMap(chain -> chain.plans().stream()).toList();

    assertThat(plans).doesNotHaveDuplicates();
    holds(plans, plan -> plan.sends() == Sends.PICTURE);
    holds(plans, plan -> plan.usesCompanion() && plan.split() == 0);
    holds(plans, plan -> plan.usesCompanion() && plan.split() == facts.exitCut(0));
    holds(plans, plan -> plan.usesCompanion() && plan.split() == facts.lastCut());
    assertThat(plans)
        .filteredOn(plan -> plan.sends() == Sends.PICTURE)
        .allMatch(
            plan -> plan.exits().stream().anyMatch(e -> facts.exitCut(e.exit()) == plan.split()));
    assertThat(new Predictor(facts, plans, 1, 2).size()).isEqualTo(plans.size());
    List<Plan> without =
        CandidatePlans.sluice(SyntheticFacts.of(4)).stream()
            .flatMap(chain -> chain.plans().stream())
            .toList();
    assertThat(without).noneMatch(Plan::usesCompanion);
    assertThat(plans.stream().filter(plan -> !plan.usesCompanion())).containsAll(without);
    assertThat(without.stream().filter(plan -> plan.sends() == Sends.PICTURE).count())
        .as("no more than half of all")
        .isLessThan(without.size() / 2);
  }

  private static void holds(List<Plan> plans, Predicate<Plan> kind) {
    assertThat(plans).anyMatch(kind);
  }

  @Test
  void saysInWordsWhatIsSent() {
    List<ExitThreshold> sure = List.of(at(0, 0.9));
    assertThat(new Plan(3, "q8", sure).describe()).isEqualTo("split 3, q8, exits 0>=0.900");
    assertThat(new Plan(3, "jpeg-75", sure, Sends.PICTURE).describe())
        .isEqualTo("split 3, then the picture as jpeg-75, exits 0>=0.900");
    assertThat(new Plan(3, "jpeg-75", sure, Sends.COMPANION).describe())
        .isEqualTo("split 3, then the picture as jpeg-75 to the companion, exits 0>=0.900");
    assertThat(Plan.local(3, sure).describe()).startsWith("local to cut 3, exits");
  }

  @Test
  void refusesACompanionOfOtherSamples() {
    BundleFacts facts = SyntheticFacts.of(5);
    CompanionFact other = SyntheticFacts.withCompanion(6, 1, MS).companion().orElseThrow();
    assertThatThrownBy(() -> facts.with(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("SELECT table is another one");
    assertThatThrownBy(() -> handMade().with(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1000 samples");
    assertThatThrownBy(() -> new CompanionFact("x", "y", -1, other.select(), other.certify()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new CompanionFact("x", "y", 1, other.certify(), other.select()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new CompanionFact("x", "y", 1, facts.select(), facts.certify()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

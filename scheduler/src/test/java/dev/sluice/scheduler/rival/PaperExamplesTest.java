package dev.sluice.scheduler.rival;

import static dev.sluice.scheduler.rival.HandMade.MS;
import static dev.sluice.scheduler.rival.HandMade.free;
import static dev.sluice.scheduler.rival.HandMade.link;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import dev.sluice.scheduler.rival.BranchyNet.Point;
import dev.sluice.scheduler.rival.DnnSurgery.Conditions;
import dev.sluice.scheduler.rival.DnnSurgery.Cut;
import dev.sluice.scheduler.rival.HandMade.Row;
import dev.sluice.scheduler.rival.LayerGraph.Layer;
import dev.sluice.scheduler.rival.LayerGraph.Output;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Rivals on examples small enough to follow their papers' procedures with a pencil. Where a paper
 * has figures they are its; where it has none the numbers are made up here, and the comment says
 * so.
 */
class PaperExamplesTest {
  private static final Terms RAW_MEASURED = new Terms(Coding.uncompressed(), Timing.MEASURED);

  // --- BranchyNet -------------------------------------------------------------------------------

  /**
   * Teerapittayanon, McDanel and Kung, ICPR 2016, the table of results: 94.3 % of the test set
   * leave B-LeNet at its first exit, and it is 5.4 times as fast as LeNet. Hence by the expected
   * time of section III, {@code 0.943 x + 0.057 = 1 / 5.4}, the first exit comes after 13.59 % of
   * the time, which the paper does not say and which is put in here; that the rule of entropies
   * finds the shares again, and the speed-up, is what is tested.
   */
  @Test
  void branchyNetIsAsFastAsTheSharesOfBLeNetSay() {
    double first = 13.593;
    List<Row> rows = new ArrayList<>();
    rows.addAll(Collections.nCopies(943, new Row(List.of(true, true), List.of(0.01, 0.001))));
    rows.addAll(Collections.nCopies(57, new Row(List.of(false, true), List.of(0.4, 0.001))));
    BundleFacts lenet =
        HandMade.exits(
            List.of(first, 100 - first), List.of(1.0, 1.0), List.of(1, 2), List.of(), 10, rows);

    /* 0.01 and 0.4 of the largest entropy, ln 10, are 0.023 and 0.92 nats. */
    Point point =
        BranchyNet.sweep(lenet, new double[] {0.025}).stream()
            .filter(p -> p.nats().equals(List.of(0.025)))
            .findFirst()
            .orElseThrow();

    assertThat(point.exitShares()).containsExactly(0.943, 0.057);
    assertThat(100 * MS / point.deviceNanos()).isCloseTo(5.4, within(0.005));
    assertThat(point.accuracy()).isEqualTo(1);
  }

  // --- Edgent -----------------------------------------------------------------------------------

  /**
   * Five exits, as its AlexNet has, on a chain of five segments. Times and sizes are made up, since
   * the paper shows its own as curves only; rates lie in its range, 50 kbit/s to 1.5 Mbit/s.
   */
  private static final BundleFacts FIVE_EXITS =
      HandMade.exits(
          List.of(100.0, 200.0, 300.0, 400.0, 500.0),
          List.of(5.0, 10.0, 15.0, 20.0, 25.0),
          List.of(1, 2, 3, 4, 5),
          List.of(
              free(0, 62_500), free(1, 50_000), free(2, 12_500), free(3, 37_500), free(4, 50_000)),
          2,
          List.of(
              new Row(List.of(false, true, true, true, true), List.of(0.1, 0.1, 0.1, 0.1, 0.1))));

  private static Plan edgent(double megabits, long deadlineMs) {
    PlanDecision decision =
        new Edgent(FIVE_EXITS, RAW_MEASURED, deadlineMs * MS)
            .decide(link(megabits), Optional.empty(), 0);
    assertThat(decision.feasible()).isTrue();
    return decision.plan();
  }

  private static Plan upTo(int exit, int split) {
    List<ExitThreshold> last = exit == 4 ? List.of() : List.of(new ExitThreshold(exit, 0));
    return split == exit + 1
        ? Plan.local(split, last)
        : new Plan(split, split == 0 ? "raw" : "f32", last);
  }

  /**
   * Li, Zeng, Zhou and Chen, IEEE TWC 2020, the search of the static configuration (in the first
   * version, SIGCOMM MECOMM 2018, Algorithm 1): exits from the last to the first, for each the
   * split of least latency, device's part + what is sent / bandwidth + server's part. At 500 kbit/s
   * the five things that can be sent take 1000, 800, 200, 600 and 800 ms:
   *
   * <pre>
   *           split 0       1            2           3            4              all here
   * exit 5    1000 +  75    900 + 70     500 + 60    1200 + 45    1800 + 25      1500
   * exit 4    1000 +  50    900 + 45     500 + 35    1200 + 20                   1000
   * exit 3    1000 +  30    900 + 25     500 + 15                                 600
   * exit 2    1000 +  15    900 + 10                                              300
   * exit 1    1000 +   5                                                          100
   * </pre>
   */
  @Test
  void edgentSearchesExitsFromTheLastAndForEachTheQuickestSplit() {
    assertThat(edgent(0.5, 560)).isEqualTo(upTo(4, 2));
    assertThat(edgent(0.5, 559)).isEqualTo(upTo(3, 2));
    assertThat(edgent(0.5, 534)).isEqualTo(upTo(2, 2));
    assertThat(edgent(0.5, 514)).isEqualTo(upTo(1, 2));
    assertThat(edgent(0.5, 299)).isEqualTo(upTo(0, 1));

    /* A tenth of it: all that is sent takes ten times as long, so that nothing is. */
    assertThat(edgent(0.05, 1500)).isEqualTo(upTo(4, 5));
    assertThat(edgent(0.05, 1499)).isEqualTo(upTo(3, 4));

    /* Three times as much: the picture is there after 333 ms, so 409 ms for all of it there. */
    assertThat(edgent(1.5, 409)).isEqualTo(upTo(4, 0));
  }

  // --- DADS -------------------------------------------------------------------------------------

  /**
   * A fork and a join, as in the networks that the paper takes graphs for: picture, a, then b and c
   * both of a, then d of both. A byte takes a millisecond. Made up: the paper has no example in
   * numbers.
   */
  private static final LayerGraph FORK =
      new LayerGraph(
          List.of(
              new Layer("picture", List.of(), 0, 0, Output.raw(60)),
              new Layer("a", List.of(0), 40 * MS, 4 * MS, Output.raw(45)),
              new Layer("b", List.of(1), 30 * MS, 3 * MS, Output.raw(10)),
              new Layer("c", List.of(1), 50 * MS, 5 * MS, Output.raw(15)),
              new Layer("d", List.of(2, 3), 20 * MS, 2 * MS, Output.raw(0))));

  private static Conditions millisPerByte(double millis) {
    return new Conditions(1000 / millis, 1, 1, 0);
  }

  /**
   * Hu, Bao, Wang and Liu, INFOCOM 2019: light load wants the least sum of device, link and cloud,
   * heavy load the least maximum of the three. The output of a is sent once, also where b is on the
   * device and c is not. All cuts, as device + link + cloud:
   *
   * <pre>
   * picture          0 + 60      + 14 =  74, longest 60
   * picture a       40 + 45      + 10 =  95, longest 45
   * picture a b     70 + 45 + 10 +  7 = 132, longest 70
   * picture a c     90 + 45 + 15 +  5 = 155, longest 90
   * picture a b c  120 + 10 + 15 +  2 = 147, longest 120
   * all            140                = 140, longest 140
   * </pre>
   */
  @Test
  void dadsCutsAForkWhereTheSumIsLeastOrTheLongestStage() {
    Cut light = DnnSurgery.light(FORK, millisPerByte(1));
    assertThat(light.onDevice()).isEqualTo(Set.of(0));
    assertThat(light.latencyNanos()).isEqualTo(74 * MS);

    Cut heavy = DnnSurgery.heavy(FORK, millisPerByte(1));
    assertThat(heavy.onDevice()).isEqualTo(Set.of(0, 1));
    assertThat(heavy.bottleneckNanos()).isEqualTo(45 * MS);

    /* On a link of half the rate 120 + 14 still beats 140, on one of a third 180 + 14 does not. */
    assertThat(DnnSurgery.light(FORK, millisPerByte(2)).onDevice()).isEqualTo(Set.of(0));
    assertThat(DnnSurgery.light(FORK, millisPerByte(3)).onDevice())
        .isEqualTo(Set.of(0, 1, 2, 3, 4));
    assertThat(DnnSurgery.light(FORK, millisPerByte(3)).latencyNanos()).isEqualTo(140 * MS);
    /* The longest stages there: 180, 135, 165, 180, 120 and 140. */
    assertThat(DnnSurgery.heavy(FORK, millisPerByte(3)).onDevice()).isEqualTo(Set.of(0, 1, 2, 3));
  }

  // --- SPINN ------------------------------------------------------------------------------------

  /** A byte takes a microsecond. */
  private static final Estimates EIGHT_MEGABITS = link(8);

  /**
   * Ten samples, an exit at 10 of 40 ms (1 of 4 at the worker), 100 KB for the picture and 20 KB
   * for the 8-bit tensor at the exit. There six samples have a top-1 probability of 0.96, all
   * right; two of 0.85, one right; two of 0.55, both wrong. The network itself is right on all.
   * Made up: the paper's own profile is not published.
   */
  private static final BundleFacts TEN_SAMPLES = tenSamples();

  private static BundleFacts tenSamples() {
    List<CodecCost> codecs =
        List.of(
            new CodecCost(0, "raw", 0, 0, 100_000, 100_000),
            new CodecCost(1, "q8", 0, 0, 20_000, 20_000));
    return new BundleFacts(
        2,
        List.of(new BundleFacts.ExitFact(0, 1), new BundleFacts.ExitFact(1, 2)),
        List.of(
            new BundleFacts.CutFact(0, 0),
            new BundleFacts.CutFact(1, 0.25),
            new BundleFacts.CutFact(2, 1)),
        codecs.stream().map(cost -> new CodecFact(cost.cut(), cost.codec())).toList(),
        profile(10, 30, codecs),
        profile(1, 3, codecs),
        tenSamples(Role.SELECT),
        tenSamples(Role.CERTIFY));
  }

  private static Profile profile(long firstMs, long secondMs, List<CodecCost> codecs) {
    return new Profile(
        Profile.VERSION,
        "by hand",
        0,
        List.of(
            new Profile.SegmentTime(1, firstMs * MS), new Profile.SegmentTime(2, secondMs * MS)),
        List.of(new Profile.HeadTime(0, 0)),
        codecs);
  }

  private static CalibrationTable tenSamples(Role role) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(
            role, 2, 10, new int[] {1, 2}, List.of(new Variant(0, "raw"), new Variant(1, "q8")));
    for (int s = 0; s < 10; s++) {
      double sure = s < 6 ? 0.96 : s < 8 ? 0.85 : 0.55;
      int predicted = s < 7 ? 0 : 1;
      table.sample(s, 0, -1).payload(0, s, 100_000).payload(1, s, 20_000);
      table.outcome(s, 0, predicted, sure, 2 * sure - 1, 0.1);
      table.outcome(s, 1, 0, 0.99, 0.98, 0.05);
      table.outcome(0, s, 0, predicted, sure, 2 * sure - 1, 0.1);
      table.outcome(0, s, 1, 0, 0.99, 0.98, 0.05);
      table.outcome(1, s, 1, 0, 0.99, 0.98, 0.05);
    }
    return table.build();
  }

  private static PlanDecision spinn(String objective) throws ObjectiveSyntaxException {
    return new Spinn(TEN_SAMPLES, Objective.parse(objective), "raw")
        .decide(EIGHT_MEGABITS, Optional.empty(), 0);
  }

  /** Beside the payload its envelope is sent, a tenth of a millisecond or two. */
  private static void takes(PlanDecision decision, int split, double meanMs, double sent) {
    assertThat(decision.feasible()).isTrue();
    assertThat(decision.plan().split()).isEqualTo(split);
    assertThat(decision.prediction().meanLatencyNanos()).isCloseTo(meanMs * MS, within(0.2 * MS));
    assertThat(decision.prediction().offloadedShare()).isCloseTo(sent, within(1e-9));
  }

  /**
   * Laskaridis et al., MobiCom 2020, the scheduler: of all pairs of split and shared threshold
   * those that break a hard constraint are dropped, the others ranked by the first soft target.
   * What a pair takes is the mean over the profiled samples, some of which leave at the exit. The
   * three splits, at a threshold between 0.85 and 0.96 (six leave, all right), below 0.85 (eight,
   * one of ten wrong) and above (none leaves):
   *
   * <pre>
   *            six leave                      eight leave                    none leaves
   * picture    .6 * 101 + .4 * 104 = 102.2    .8 * 101 + .2 * 104 = 101.6    104
   * exit       .6 *  10 + .4 *  33 =  19.2    .8 *  10 + .2 *  33 =  14.6     33
   * device     .6 *  10 + .4 *  40 =  22      .8 *  10 + .2 *  40 =  16       40
   * </pre>
   */
  @Test
  void spinnTakesThePairOfSplitAndThresholdThatItsAveragesFavour() throws ObjectiveSyntaxException {
    takes(spinn("accuracy >= final - 1 pt; minimise mean_latency"), 1, 19.2, 0.4);
    takes(spinn("accuracy >= final - 15 pt; minimise mean_latency"), 1, 14.6, 0.2);

    /* Least cost at the server: none, where that is in time; else 0.4 * 3 ms. */
    takes(
        spinn("mean_latency <= 23 ms, accuracy >= final - 1 pt; minimise worker_compute"),
        2,
        22,
        0);
    PlanDecision server =
        spinn("mean_latency <= 20 ms, accuracy >= final - 1 pt; minimise worker_compute");
    takes(server, 1, 19.2, 0.4);
    assertThat(server.prediction().workerComputeNanos()).isCloseTo(1.2 * MS, within(1.0));
  }
}

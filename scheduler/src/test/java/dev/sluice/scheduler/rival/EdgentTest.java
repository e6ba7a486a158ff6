package dev.sluice.scheduler.rival;

import static dev.sluice.scheduler.rival.HandMade.MS;
import static dev.sluice.scheduler.rival.HandMade.free;
import static dev.sluice.scheduler.rival.HandMade.link;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.scheduler.rival.HandMade.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EdgentTest {
  private static final Terms RAW_MEASURED = new Terms(Coding.uncompressed(), Timing.MEASURED);

  /**
   * Three exits at 100, 300 and 600 ms on the device, of 50, 75 and 100 % accuracy; the worker
   * takes a tenth. The picture has 200 KB, the tensor at the first exit 50 KB.
   */
  private static final BundleFacts THREE_EXITS =
      HandMade.exits(
          List.of(100.0, 200.0, 300.0),
          List.of(10.0, 20.0, 30.0),
          List.of(1, 2, 3),
          List.of(free(0, 200_000), free(1, 50_000), free(2, 400_000)),
          2,
          List.of(
              new Row(List.of(true, true, true), List.of(0.1, 0.1, 0.1)),
              new Row(List.of(true, true, true), List.of(0.1, 0.1, 0.1)),
              new Row(List.of(false, true, true), List.of(0.1, 0.1, 0.1)),
              new Row(List.of(false, false, true), List.of(0.1, 0.1, 0.1))));

  private static PlanDecision decide(Planner planner, Estimates estimates) {
    return planner.decide(estimates, Optional.empty(), 0);
  }

  private static Planner edgent(long deadlineMs) {
    return new Edgent(THREE_EXITS, RAW_MEASURED, deadlineMs * MS);
  }

  @Test
  void takesTheDeepestExitThatSomeSplitReachesInTime() {
    /*
     * At 2 Mbit/s the picture takes 800 ms and the tensor 200. The final exit: 600 on the device,
     * 800 + 60 from the picture, 100 + 200 + 50 from the tensor. The second: 300, 830 and 320. The
     * first: 100 and 810.
     */
    assertThat(decide(edgent(350), link(2)).plan()).isEqualTo(new Plan(1, "f32", List.of()));
    assertThat(decide(edgent(349), link(2)).plan())
        .isEqualTo(Plan.local(2, List.of(new ExitThreshold(1, 0))));
    assertThat(decide(edgent(299), link(2)).plan())
        .isEqualTo(Plan.local(1, List.of(new ExitThreshold(0, 0))));
    assertThat(decide(edgent(299), link(2)).feasible()).isTrue();
  }

  @Test
  void takesTheQuickestExitWhereNoneIsInTimeAndSaysSo() {
    PlanDecision decision = decide(edgent(99), link(2));

    assertThat(decision.plan()).isEqualTo(Plan.local(1, List.of(new ExitThreshold(0, 0))));
    assertThat(decision.feasible()).isFalse();
    assertThat(decision.reason()).contains("no exit in time");
  }

  @Test
  void withoutALinkTheBranchIsComputedOnTheDevice() {
    assertThat(decide(edgent(700), HandMade.down()).plan()).isEqualTo(Plan.local(3, List.of()));
    assertThat(decide(edgent(350), HandMade.down()).plan())
        .isEqualTo(Plan.local(2, List.of(new ExitThreshold(1, 0))));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void moreBandwidthAndLaterDeadlinesNeverGiveAShallowerExit(long seed) {
    BundleFacts facts = SyntheticFacts.of(seed);
    List<Planner> byDeadline = new ArrayList<>();
    for (int step = 0; step < 12; step++) {
      byDeadline.add(new Edgent(facts, RAW_MEASURED, (long) (5 * MS * Math.pow(1.5, step))));
    }
    for (double slowness : new double[] {5, 40}) {
      int[] before = new int[byDeadline.size()];
      for (double mbit = 0.1; mbit < 1000; mbit *= 2) {
        Estimates estimates =
            Estimates.of(LinkState.UP, mbit * 125_000, 0, 10 * MS, 0, slowness, 1, 0, 0);
        int sooner = 0;
        for (int step = 0; step < before.length; step++) {
          PlanDecision decision = decide(byDeadline.get(step), estimates);
          if (decision.feasible()) {
            int exit = decision.plan().lastResort().orElse(facts.finalExit());
            assertThat(exit).isGreaterThanOrEqualTo(Math.max(before[step], sooner));
            before[step] = exit;
            sooner = exit;
          }
        }
        assertThat(sooner).as("the last deadline is ample").isEqualTo(facts.finalExit());
      }
    }
  }

  @Test
  void rewardsAreThoseOfThePaper() {
    /* A second asked for, half a second taken: two answers per second. */
    assertThat(ConfigurationMap.reward(0.75, 500.0 * MS, 1000 * MS)).isEqualTo(Math.exp(0.75) + 2);
  }

  @Test
  void theMapHoldsTheExitAndSplitOfMostRewardInEachState() {
    Partitions partitions = new Partitions(THREE_EXITS, RAW_MEASURED);
    ConfigurationMap map =
        ConfigurationMap.of(
            partitions, 1000 * MS, link(1), List.of(0.5 * 125_000, 2 * 125_000.0, 200 * 125_000.0));

    /*
     * At 0.5 Mbit/s: exit 0 on the device in 100 ms has e^0.5 + 10. At 200 Mbit/s the picture
     * takes 8 ms: exit 0 in 18 ms, e^0.5 + 55.6, exit 1 in 38, the final one in 68.
     */
    assertThat(map.find(62_500).plan()).isEqualTo(Plan.local(1, List.of(new ExitThreshold(0, 0))));
    assertThat(map.find(25e6).plan())
        .isEqualTo(new Plan(0, "raw", List.of(new ExitThreshold(0, 0))));
    assertThat(map.find(1).bytesPerSecond()).isEqualTo(62_500);
    assertThat(map.find(1e12).bytesPerSecond()).isEqualTo(25e6);
    /* Nearest by ratio: twice 250,000 is nearer to it than a fiftieth of 25 million. */
    assertThat(map.find(500_000).bytesPerSecond()).isEqualTo(250_000);
  }

  @Test
  void aMapHasTheQuickestWhereNothingIsInTime() {
    Partitions partitions = new Partitions(THREE_EXITS, RAW_MEASURED);
    ConfigurationMap map = ConfigurationMap.of(partitions, 50 * MS, link(1), List.of(62_500.0));

    assertThat(map.find(62_500).timely()).isFalse();
    assertThat(map.find(62_500).plan()).isEqualTo(Plan.local(1, List.of(new ExitThreshold(0, 0))));
  }

  @Test
  void theDynamicOneKeepsItsPlanThroughNoiseAndLeavesItAfterAStep() {
    DynamicEdgent planner =
        new DynamicEdgent(
            THREE_EXITS, RAW_MEASURED, 1000 * MS, link(1), List.of(0.5 * 125_000, 200 * 125_000.0));
    Random random = new Random(3);
    Plan slow = Plan.local(1, List.of(new ExitThreshold(0, 0)));
    Plan fast = new Plan(0, "raw", List.of(new ExitThreshold(0, 0)));
    for (int i = 0; i < 200; i++) {
      double mbit = 0.5 * Math.exp(0.1 * random.nextGaussian());
      assertThat(decide(planner, link(mbit)).plan()).as("value %d", i).isEqualTo(slow);
    }
    int until = 0;
    while (!decide(planner, link(200 * Math.exp(0.1 * random.nextGaussian())))
        .plan()
        .equals(fast)) {
      until++;
      assertThat(until).isLessThan(5);
    }
    assertThat(decide(planner, HandMade.down()).plan().usesCloud()).isFalse();
    assertThat(decide(planner, link(200)).plan()).isEqualTo(fast);
  }

  @Test
  void anEstimateThatStaysTheSameIsNoNewMeasurement() {
    DynamicEdgent planner =
        new DynamicEdgent(
            THREE_EXITS, RAW_MEASURED, 1000 * MS, link(1), List.of(0.5 * 125_000, 200 * 125_000.0));
    Plan first = decide(planner, link(0.5)).plan();
    for (int i = 0; i < 1000; i++) {
      assertThat(decide(planner, link(0.5)).plan()).isEqualTo(first);
    }
    /* Had they counted, the level would seem known to a hair and a tenth more another one. */
    assertThat(decide(planner, link(0.55)).plan()).isEqualTo(first);
  }

  @Test
  void deadlinesArePositiveAndMapsHaveStates() {
    assertThatThrownBy(() -> edgent(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new DynamicEdgent(THREE_EXITS, RAW_MEASURED, MS, link(1), List.of()))
        .hasMessageContaining("state");
    assertThatThrownBy(
            () -> new DynamicEdgent(THREE_EXITS, RAW_MEASURED, MS, link(1), List.of(Double.NaN)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

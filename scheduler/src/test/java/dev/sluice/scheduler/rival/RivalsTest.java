package dev.sluice.scheduler.rival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.energy.EnergyConstant;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RivalsTest {
  private static final long MS = 1_000_000;
  private static final BundleFacts FACTS = SyntheticFacts.of(1);

  private static Estimates link(double mbit, double deviceScale) {
    return Estimates.of(
        LinkState.UP, mbit * 125_000, 0.1, 40 * MS, 2 * MS, deviceScale, 1, 0, 200 * MS);
  }

  private static PlanDecision decide(Planner planner, Estimates estimates) {
    return planner.decide(estimates, Optional.empty(), 0);
  }

  @Test
  void deviceOnlyAndCloudOnlyNeverChange() {
    for (double mbit : new double[] {0.1, 1, 100}) {
      assertThat(decide(new DeviceOnly(FACTS), link(mbit, 10)).plan())
          .isEqualTo(Plan.local(FACTS.lastCut(), List.of()));
      assertThat(decide(new CloudOnly(FACTS, "jpeg-75"), link(mbit, 10)).plan())
          .isEqualTo(new Plan(0, "jpeg-75", List.of()));
    }
    assertThat(decide(new DeviceOnly(FACTS), link(1, 100)).feasible()).isFalse();
  }

  @Test
  void cloudOnlySendsPicturesInAnyFormThatTheBundleKnows() {
    assertThat(decide(CloudOnly.raw(FACTS), link(1, 1)).plan().codec()).isEqualTo("raw");
    assertThat(decide(CloudOnly.jpeg(FACTS, 30), link(1, 1)).plan().codec()).isEqualTo("jpeg-30");
    assertThatThrownBy(() -> CloudOnly.png(FACTS)).hasMessageContaining("png", "jpeg-75");
    assertThatThrownBy(() -> CloudOnly.jpeg(FACTS, 0)).hasMessageContaining("quality");
    assertThatThrownBy(() -> CloudOnly.jpeg(FACTS, 101)).hasMessageContaining("quality");
  }

  @Test
  void fixedSplitIsTheQuickestOfAllSplitsAtTheMean() {
    for (double scale : new double[] {1, 10, 40}) {
      for (double mbit : new double[] {0.1, 1, 10, 100}) {
        Estimates mean = link(mbit, scale);
        Prediction chosen = decide(new FixedSplit(FACTS, mean), mean).prediction();
        for (BundleFacts.CodecFact codec : FACTS.codecs()) {
          Prediction other =
              new Predictor(FACTS, List.of(new Plan(codec.cut(), codec.codec(), List.of())), 0, 0)
                  .predict(0, mean);
          if (!other.overloaded() && other.accuracy() >= other.finalAccuracy() - 0.01) {
            assertThat(chosen.overloaded()).isFalse();
            assertThat(chosen.meanLatencyNanos()).isLessThanOrEqualTo(other.meanLatencyNanos());
          }
        }
      }
    }
  }

  @Test
  void fixedSplitKeepsToItsChoice() {
    FixedSplit planner = new FixedSplit(FACTS, link(10, 10));

    assertThat(decide(planner, link(0.01, 10)).plan())
        .isEqualTo(decide(planner, link(10, 10)).plan());
  }

  @Test
  void spinnSharesOneThresholdAndUsesItsCodecOnly() throws Exception {
    Spinn spinn =
        new Spinn(
            FACTS,
            Objective.parse(
                "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute"),
            "raw");
    for (double mbit : new double[] {20, 6, 1, 0.25}) {
      Plan plan = decide(spinn, link(mbit, 20)).plan();
      assertThat(plan.codec()).isIn("q8", "raw", Plan.NO_CODEC);
      assertThat(plan.exits().stream().map(ExitThreshold::threshold).distinct().count())
          .isLessThanOrEqualTo(1);
    }
    Estimates down = Estimates.of(LinkState.DOWN, 1000, 0.1, 40 * MS, 2 * MS, 20, 1, 0, 200 * MS);
    assertThat(decide(spinn, down).plan().usesCloud()).isFalse();
  }

  @Test
  void spinnTakesABoundOfDeadlineMissesAsOneOfTheMean() throws Exception {
    String rest = ", accuracy >= final - 1 pt; minimise worker_compute";
    Spinn misses =
        new Spinn(FACTS, Objective.parse("deadline_misses(150 ms) <= 5 %" + rest), "raw");
    Spinn mean = new Spinn(FACTS, Objective.parse("mean_latency <= 150 ms" + rest), "raw");
    for (double mbit : new double[] {20, 6, 1, 0.25, 0.05}) {
      for (double scale : new double[] {1, 20, 60}) {
        PlanDecision decision = decide(misses, link(mbit, scale));
        assertThat(decision.plan()).isEqualTo(decide(mean, link(mbit, scale)).plan());
        assertThat(decision.feasible()).isEqualTo(decide(mean, link(mbit, scale)).feasible());
      }
    }
  }

  @Test
  void spinnLeavesOutABoundOfMissesThatCannotFail() throws Exception {
    String rest = "accuracy >= final - 1 pt; minimise worker_compute";
    Spinn any = new Spinn(FACTS, Objective.parse("deadline_misses(1 ms) <= 100 %, " + rest), "raw");
    Spinn none = new Spinn(FACTS, Objective.parse(rest), "raw");
    assertThat(decide(any, link(1, 20)).plan()).isEqualTo(decide(none, link(1, 20)).plan());
  }

  @Test
  void spinnWithoutAModelOfEnergyMinimisesTheDevicesComputeAndKnowsNoBoundInJoules()
      throws Exception {
    String rest = "accuracy >= final - 1 pt; minimise ";
    Spinn energy = new Spinn(FACTS, Objective.parse(rest + "device_energy"), "raw");
    Spinn bounded =
        new Spinn(
            FACTS, Objective.parse("device_energy <= 1 uJ, " + rest + "device_energy"), "raw");
    Spinn compute = new Spinn(FACTS, Objective.parse(rest + "device_compute"), "raw");
    for (double mbit : new double[] {20, 6, 1, 0.25}) {
      PlanDecision wanted = decide(compute, link(mbit, 20));
      assertThat(decide(energy, link(mbit, 20)).plan()).isEqualTo(wanted.plan());
      assertThat(decide(bounded, link(mbit, 20)).plan()).isEqualTo(wanted.plan());
      assertThat(decide(bounded, link(mbit, 20)).feasible()).isEqualTo(wanted.feasible());
    }
  }

  @Test
  void spinnThatIsToldPowersStaysOffARadioThatTakesMuch() throws Exception {
    Objective objective = Objective.parse("accuracy >= final - 1 pt; minimise device_energy");
    EnergyModel greedyRadio =
        EnergyModel.DEFAULT
            .scaled(EnergyConstant.ACTIVE_POWER, 1e4)
            .scaled(EnergyConstant.TRANSMIT_ENERGY, 1e4);
    Spinn told = new Spinn(FACTS, objective, "raw", greedyRadio);
    Spinn untold = new Spinn(FACTS, objective, "raw");

    assertThat(decide(untold, link(1, 20)).plan().usesCloud()).isTrue();
    assertThat(decide(told, link(1, 20)).plan().usesCloud()).isFalse();
  }

  @Test
  void forcedPlansMayBeAnything() {
    Plan plan = new Plan(3, "klt-s1.0", List.of(new ExitThreshold(1, 0.77)));

    assertThat(decide(new Forced(FACTS, plan, "forced by hand"), link(1, 1)).plan())
        .isEqualTo(plan);
  }
}

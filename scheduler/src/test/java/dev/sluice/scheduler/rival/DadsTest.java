package dev.sluice.scheduler.rival;

import static dev.sluice.scheduler.rival.HandMade.MS;
import static dev.sluice.scheduler.rival.HandMade.free;
import static dev.sluice.scheduler.rival.HandMade.link;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DadsTest {
  private static final Terms RAW_MEASURED = new Terms(Coding.uncompressed(), Timing.MEASURED);

  /* At 8 Mbit/s: all here 100 ms; picture 60 + 30; middle 50 + 45 + 15. */
  private static final BundleFacts TWO_HALVES =
      HandMade.chain(
          List.of(50.0, 50.0), List.of(15.0, 15.0), List.of(free(0, 60_000), free(1, 45_000)));

  private static PlanDecision decide(Planner planner, Estimates estimates) {
    return planner.decide(estimates, Optional.empty(), 0);
  }

  @Test
  void goesForThroughputOnceFramesComeFasterThanTheQuickestCutCanTakeThem() {
    Dads planner = new Dads(TWO_HALVES, RAW_MEASURED);

    assertThat(decide(planner, link(8)).plan()).isEqualTo(new Plan(0, "raw", List.of()));
    assertThat(decide(planner, link(8, 61)).plan()).isEqualTo(new Plan(0, "raw", List.of()));
    assertThat(decide(planner, link(8, 60)).plan()).isEqualTo(new Plan(1, "f32", List.of()));
    assertThat(decide(planner, link(8, 60)).reason()).contains("heavy load", "50.0 ms");
    assertThat(decide(planner, HandMade.down()).plan().usesCloud()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void underLightLoadItIsNeurosurgeonOnAChain(long seed) {
    BundleFacts facts = SyntheticFacts.of(seed);
    for (Terms terms : List.of(Terms.asSluice(), RAW_MEASURED)) {
      Planner dads = new Dads(facts, terms);
      Planner neurosurgeon = new Neurosurgeon(facts, terms);
      for (double scale : new double[] {1, 10, 40}) {
        for (double mbit = 0.1; mbit < 1000; mbit *= 3) {
          Estimates estimates =
              Estimates.of(LinkState.UP, mbit * 125_000, 0, 20 * MS, 0, scale, 0.5, 2 * MS, 0);
          assertThat(decide(dads, estimates).plan())
              .as("%s Mbit/s, device x %s", mbit, scale)
              .isEqualTo(decide(neurosurgeon, estimates).plan());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void underHeavyLoadNoCutAndCodecHasAShorterLongestStage(long seed) {
    BundleFacts facts = SyntheticFacts.of(seed);
    Planner planner = new Dads(facts, RAW_MEASURED);
    for (double scale : new double[] {1, 10, 40}) {
      for (double mbit = 0.1; mbit < 1000; mbit *= 3) {
        /* A frame every microsecond: no load is light. */
        Estimates estimates =
            Estimates.of(LinkState.UP, mbit * 125_000, 0, 20 * MS, 0, scale, 2, 0, 1000);
        double least = bottleneck(facts, Plan.local(facts.lastCut(), List.of()), estimates);
        for (CodecFact codec : facts.codecs()) {
          if (codec.codec().equals("f32") || codec.codec().equals("raw")) {
            Plan plan = new Plan(codec.cut(), codec.codec(), List.of());
            least = Math.min(least, bottleneck(facts, plan, estimates));
          }
        }

        /* Layers are rounded to nanoseconds. */
        assertThat(bottleneck(facts, decide(planner, estimates).plan(), estimates))
            .as("%s Mbit/s, device x %s", mbit, scale)
            .isLessThanOrEqualTo(least + 20);
      }
    }
  }

  private static double bottleneck(BundleFacts facts, Plan plan, Estimates estimates) {
    double device = plan.split() == 0 ? 0 : facts.profile().preprocessNanos();
    double worker = plan.split() == 0 ? facts.profile().preprocessNanos() : 0;
    for (int cut = 1; cut <= facts.lastCut(); cut++) {
      device += cut <= plan.split() ? facts.profile().segmentNanos(cut) : 0;
      worker += cut <= plan.split() ? 0 : facts.profile().segmentNanos(cut);
    }
    double link = 0;
    if (plan.usesCloud()) {
      CodecCost codec = facts.profile().codec(plan.split(), plan.codec()).orElseThrow();
      device += codec.encodeNanos();
      worker += codec.decodeNanos();
      link = codec.meanBytes() / estimates.uplinkBytesPerSecond() * 1e9;
    }
    return Math.max(
        link, Math.max(device * estimates.deviceScale(), worker * estimates.workerScale()));
  }

  @Test
  void aBundleWithoutItsCodecsStaysOnTheDevice() {
    BundleFacts facts = HandMade.chain(List.of(50.0), List.of(1.0), List.of());

    assertThat(decide(new Dads(facts, RAW_MEASURED), link(1000, 1)).plan().usesCloud()).isFalse();
  }

  @Test
  void whereThePictureCannotBeSentTheFirstSegmentsAreTheDevices() {
    BundleFacts facts =
        HandMade.chain(List.of(10.0, 50.0, 60.0), List.of(1.0, 1.0, 1.0), List.of(free(2, 1000)));

    assertThat(decide(new Dads(facts, RAW_MEASURED), link(8)).plan())
        .isEqualTo(new Plan(2, "f32", List.of()));
    assertThat(decide(new Dads(facts, RAW_MEASURED), link(0.01)).plan().usesCloud()).isFalse();
  }
}

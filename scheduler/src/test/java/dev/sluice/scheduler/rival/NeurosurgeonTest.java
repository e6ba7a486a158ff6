package dev.sluice.scheduler.rival;

import static dev.sluice.scheduler.rival.HandMade.MS;
import static dev.sluice.scheduler.rival.HandMade.free;
import static dev.sluice.scheduler.rival.HandMade.link;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NeurosurgeonTest {
  private static final Terms RAW_MEASURED = new Terms(Coding.uncompressed(), Timing.MEASURED);

  private static Plan plan(Planner planner, Estimates estimates) {
    return planner.decide(estimates, Optional.empty(), 0).plan();
  }

  /** AlexNet as Neurosurgeon's section 3 has it: two halves, and a picture of 152 KB. */
  private static BundleFacts alexNet(double mobileMs) {
    return HandMade.chain(
        List.of(mobileMs / 2, mobileMs / 2),
        List.of(3.0, 3.0),
        List.of(free(0, 152_000), free(1, 600_000)));
  }

  @Test
  void alexNetOnAMobileCpuBelongsInTheCloudUnlessTheLinkIs3g() {
    /* 382 ms on the CPU, 6 ms in the cloud; upload 95 ms on Wi-Fi, 180 on LTE, 870 on 3G. */
    Planner planner = new Neurosurgeon(alexNet(382), RAW_MEASURED);

    assertThat(plan(planner, link(12.8))).isEqualTo(new Plan(0, "raw", List.of()));
    assertThat(plan(planner, link(6.8))).isEqualTo(new Plan(0, "raw", List.of()));
    assertThat(plan(planner, link(1.4)).usesCloud()).isFalse();
    assertThat(planner.decide(link(12.8), Optional.empty(), 0).reason()).contains("101 ms");
  }

  @Test
  void alexNetOnAMobileGpuBelongsOnTheDeviceOnEveryLink() {
    Planner planner = new Neurosurgeon(alexNet(81), RAW_MEASURED);

    for (double mbit : new double[] {1.4, 6.8, 12.8}) {
      assertThat(plan(planner, link(mbit)).usesCloud()).as("%s Mbit/s", mbit).isFalse();
    }
  }

  @Test
  void splitsInTheMiddleWhereTensorsAreSmallThere() {
    /* At 8 Mbit/s a kilobyte takes a millisecond: 100 + 40, 20 + 10 + 20, 20 + 60 + 10, 170. */
    BundleFacts facts =
        HandMade.chain(
            List.of(20.0, 50.0, 100.0),
            List.of(20.0, 10.0, 10.0),
            List.of(free(0, 100_000), free(1, 10_000), free(2, 60_000)));
    Planner planner = new Neurosurgeon(facts, RAW_MEASURED);

    assertThat(plan(planner, link(8))).isEqualTo(new Plan(1, "f32", List.of()));
  }

  @Test
  void leastEnergyMayBeAnotherSplitThanLeastLatency() {
    /*
     * Latency: device 100, cloud 50 + 10. Energy at 1 W of compute and 3 W of radio: device 0.1 J,
     * cloud 0.15 J; the worker's time costs the device nothing.
     */
    BundleFacts facts = HandMade.chain(List.of(100.0), List.of(10.0), List.of(free(0, 50_000)));

    assertThat(plan(new Neurosurgeon(facts, RAW_MEASURED), link(8)).usesCloud()).isTrue();
    Planner frugal = new Neurosurgeon(facts, RAW_MEASURED, EnergyPrice.ofWatts(1, 3));
    assertThat(plan(frugal, link(8)).usesCloud()).isFalse();
    assertThat(plan(frugal, link(16)).usesCloud()).isTrue();
  }

  @Test
  void theWorkersQueueAndSpeedAreItsLoad() {
    BundleFacts facts = HandMade.chain(List.of(100.0), List.of(10.0), List.of(free(0, 50_000)));
    Planner planner = new Neurosurgeon(facts, RAW_MEASURED);

    Estimates queued = Estimates.of(LinkState.UP, 1e6, 0, 0, 0, 1, 1, 41 * MS, 0);
    assertThat(plan(planner, queued).usesCloud()).isFalse();
    Estimates slow = Estimates.of(LinkState.UP, 1e6, 0, 0, 0, 1, 6, 0, 0);
    assertThat(plan(planner, slow).usesCloud()).isFalse();
    assertThat(plan(planner, HandMade.down()).usesCloud()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void noSplitIsQuickerBySluicesOwnPrediction(long seed) {
    BundleFacts facts = SyntheticFacts.of(seed);
    Planner planner = new Neurosurgeon(facts, RAW_MEASURED);
    List<Plan> splits = new ArrayList<>(List.of(Plan.local(facts.lastCut(), List.of())));
    for (CodecFact codec : facts.codecs()) {
      if (codec.codec().equals("f32") || codec.codec().equals("raw")) {
        splits.add(new Plan(codec.cut(), codec.codec(), List.of()));
      }
    }
    Predictor predictor = new Predictor(facts, splits, 0, 0);
    Metric mean = Metric.of(Metric.Kind.MEAN_LATENCY);
    for (double scale : new double[] {1, 5, 30}) {
      for (double mbit = 0.5; mbit < 2000; mbit *= 2) {
        /* Without round trip and arrivals the prediction has neither slow start nor queues. */
        Estimates estimates =
            Estimates.of(LinkState.UP, mbit * 125_000, 0, 0, 0, scale, 1, 3 * MS, 0);
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < predictor.size(); i++) {
          least = Math.min(least, predictor.value(i, mean, estimates));
        }
        int chosen = predictor.find(plan(planner, estimates)).orElseThrow();
        assertThat(predictor.value(chosen, mean, estimates))
            .as("%s Mbit/s, device x %s", mbit, scale)
            .isCloseTo(least, within(1.0));
      }
    }
  }

  @Test
  void regressionsFindTheSameSplitWhereTimesFollowTheWork() {
    BundleFacts facts =
        HandMade.chain(
            List.of(20.0, 50.0, 100.0, 40.0),
            List.of(2.0, 5.0, 10.0, 4.0),
            List.of(free(0, 100_000), free(1, 10_000), free(2, 60_000), free(3, 900)));
    for (double mbit = 0.1; mbit < 1000; mbit *= 1.5) {
      assertThat(plan(new Neurosurgeon(facts, Terms.asPublished()), link(mbit)))
          .as("%s Mbit/s", mbit)
          .isEqualTo(plan(new Neurosurgeon(facts, RAW_MEASURED), link(mbit)));
    }
  }

  @Test
  void onSluicesTermsItMaySendWithTheBundlesCodecs() {
    BundleFacts facts = SyntheticFacts.of(1);
    Planner planner = new Neurosurgeon(facts, Terms.asSluice());
    Estimates slowDevice = Estimates.of(LinkState.UP, 250_000, 0, 10 * MS, 0, 40, 1, 0, 0);

    Plan plan = plan(planner, slowDevice);

    assertThat(plan.usesCloud()).isTrue();
    assertThat(plan.codec()).isNotIn("f32", "raw");
    Predictor predictor = new Predictor(facts, List.of(plan), 0, 0);
    assertThat(predictor.accuracy(0)).isGreaterThanOrEqualTo(predictor.finalAccuracy() - 0.01);
  }

  @Test
  void onSluicesTermsARequestsEnvelopeTakesTimeToo() {
    /* At 8 Mbit/s 89.95 ms for the picture and 10 in the cloud, against 100; 0.096 tip the scale. */
    BundleFacts facts = HandMade.chain(List.of(100.0), List.of(10.0), List.of(free(0, 89_950)));

    assertThat(plan(new Neurosurgeon(facts, RAW_MEASURED), link(8)).usesCloud()).isTrue();
    assertThat(plan(new Neurosurgeon(facts, Terms.asSluice()), link(8)).usesCloud()).isFalse();
  }

  @Test
  void powersAreFiniteAndNotNegative() {
    for (double bad : new double[] {Double.NaN, -1, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> EnergyPrice.ofWatts(bad, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> EnergyPrice.ofWatts(1, bad))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}

package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.energy.EnergyPerFrame;
import dev.sluice.scheduler.energy.EnergyRanking;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Energy, throughput, misses, months and memory, on the network of {@link PredictorTest}. */
class DeviceCostsTest {
  private static final long MS = 1_000_000;

  /** Sums of a few terms, in joules. */
  private static final double TOLERANCE = 1e-9;

  private static final Metric ENERGY = Metric.of(Metric.Kind.DEVICE_ENERGY);

  /** 1 MB/s, 20 ms round trip, device at half speed, worker twice as fast, 5 ms in its queue. */
  private static Estimates link(double bytesPerSecond, long periodNanos) {
    return Estimates.of(LinkState.UP, bytesPerSecond, 0, 20 * MS, 0, 2, 0.5, 5 * MS, periodNanos);
  }

  private static Predictor predictor(BundleFacts facts, String energy, Plan... plans) {
    return new Predictor(
        facts,
        List.of(plans),
        1,
        2,
        Optional.empty(),
        DeviceModel.DEFAULT.with(EnergyModel.named(energy)));
  }

  @Test
  void addsUpEnergyAsDoneByHand() {
    EnergyPerFrame energy =
        predictor(PredictorTest.handMade(), "pi4-duty-cycled+wifi", PredictorTest.SPLIT)
            .predict(0, link(1e6, 0))
            .deviceEnergy();

    // Each frame 2 x (10 + 1) ms of network and 2 x 4 of preprocessing; two of four 2 x 2 encoding.
    assertThat(energy.networkJoules()).isCloseTo(3.625 * 0.022, within(TOLERANCE));
    assertThat(energy.codingJoules()).isCloseTo(3.625 * 0.010, within(TOLERANCE));
    // 1 and 3 ms of sending, then 20 + 5 + 6.5 until the reply.
    assertThat(energy.waitingJoules()).isCloseTo(2.7 * (0.0325 + 0.0345) / 4, within(TOLERANCE));
    assertThat(energy.promotionJoules()).isCloseTo(2 * 0.1244 * 0.0791 / 4, within(TOLERANCE));
    assertThat(energy.transmitJoules())
        .isCloseTo((0.13286 * 0.004 + 0.28317 * 0.032) / 4, within(TOLERANCE));
    // 200 bytes take 0.2 ms at the end of the wait for them.
    assertThat(energy.receiveJoules())
        .isCloseTo(2 * (0.13286 * 0.0002 + 0.13701 * 0.0016) / 4, within(TOLERANCE));
    assertThat(energy.tailJoules())
        .isCloseTo(2 * 0.1193 * (0.0313 + 0.2381) / 4, within(TOLERANCE));
  }

  @Test
  void framesInAStreamShareTheTail() {
    // Every 100 ms: two gaps of sending, both shorter than LTE's tail, so the radio never sleeps.
    EnergyPerFrame energy =
        predictor(PredictorTest.handMade(), "pi4-one-core+lte", PredictorTest.SPLIT)
            .predict(0, link(1e6, 100 * MS))
            .deviceEnergy();

    assertThat(energy.promotionJoules()).isZero();
    assertThat(energy.tailJoules()).isCloseTo(1.06 * (0.4 - 0.004 - 0.0004) / 4, within(TOLERANCE));
  }

  @Test
  void waitsOnlyWhileItDoesNotCompute() {
    // Every 40 ms: 30 or 34 ms of computing leave 6 or 10 ms; replies come 32.5 and 34.5 ms after.
    // Frame 1 waits 6 ms and, through frame 2, none: its reply is there at 106.5, frame 2 done at
    // 110. Frame 3 waits the 6 ms up to the next one.
    EnergyPerFrame energy =
        predictor(PredictorTest.handMade(), "pi4-duty-cycled+wifi", PredictorTest.SPLIT)
            .predict(0, link(1e6, 40 * MS))
            .deviceEnergy();

    assertThat(energy.waitingJoules()).isCloseTo(2.7 * (0.006 + 0.006) / 4, within(TOLERANCE));
  }

  @Test
  void theSlowestOfDeviceUplinkAndWorkerBoundsThroughput() {
    Predictor predictor =
        predictor(
            PredictorTest.handMade(),
            "pi4-one-core+wifi",
            PredictorTest.SPLIT,
            Plan.local(2, List.of()));
    Metric throughput = Metric.of(Metric.Kind.THROUGHPUT);

    // Device: 32 ms on average. Uplink: 1 and 3 ms for two of four, or 100 and 300 ms.
    assertThat(predictor.value(0, throughput, link(1e6, 0))).isCloseTo(1000 / 32.0, within(1e-9));
    assertThat(predictor.value(0, throughput, link(1e4, 0))).isCloseTo(10, within(1e-9));
    // A worker a hundred times slower: 650 ms for two of four.
    Estimates slowWorker = Estimates.of(LinkState.UP, 1e6, 0, 20 * MS, 0, 2, 50, 5 * MS, 0);
    assertThat(predictor.value(0, throughput, slowWorker)).isCloseTo(1000 / 325.0, within(1e-9));
    // All on the device: 2 x (4 + 10 + 10) ms.
    assertThat(predictor.value(1, throughput, link(1e4, 0))).isCloseTo(1000 / 48.0, within(1e-9));
  }

  @Test
  void slowStartDelaysFramesButLimitsNoThroughput() {
    Predictor predictor =
        predictor(PredictorTest.handMade(40), "pi4-one-core+wifi", PredictorTest.SPLIT);
    Metric throughput = Metric.of(Metric.Kind.THROUGHPUT);

    // 40 and 120 KB for two of four, 3.2 ms per frame at 12.5 MB/s; device and worker take less.
    // The
    // first window is 14.6 KB, and each of the four it takes to the 120 KB would wait 200 ms.
    Estimates far = Estimates.of(LinkState.UP, 12.5e6, 0, 200 * MS, 0, 0.1, 0.1, 0, 0);
    assertThat(predictor.value(0, throughput, far)).isCloseTo(1000 / 3.2, within(1e-9));
  }

  @Test
  void countsMissesAsTheShareOfLaterAnswers() {
    // Answers after 30, 66.5, 30 and 68.5 ms.
    Predictor predictor =
        predictor(PredictorTest.handMade(), "pi4-one-core+wifi", PredictorTest.SPLIT);
    Estimates estimates = link(1e6, 0);

    assertThat(predictor.value(0, Metric.deadlineMisses(29 * MS), estimates)).isEqualTo(1);
    assertThat(predictor.value(0, Metric.deadlineMisses(40 * MS), estimates)).isEqualTo(0.5);
    assertThat(predictor.value(0, Metric.deadlineMisses(67 * MS), estimates)).isEqualTo(0.25);
    assertThat(predictor.value(0, Metric.deadlineMisses(69 * MS), estimates)).isZero();
  }

  @Test
  void knowsAMonthsBytesWhereThePeriodIsKnownOrNothingIsSent() {
    Predictor predictor =
        predictor(
            PredictorTest.handMade(),
            "pi4-one-core+wifi",
            PredictorTest.SPLIT,
            Plan.local(2, List.of()));
    Metric month = Metric.of(Metric.Kind.MONTHLY_UPLINK_BYTES);

    // 1,000 bytes per frame, five frames a second.
    assertThat(predictor.value(0, month, link(1e6, 200 * MS))).isEqualTo(12.96e9);
    assertThat(predictor.value(0, month, link(1e6, 0))).isInfinite();
    assertThat(predictor.value(1, month, link(1e6, 0))).isZero();
  }

  @Test
  void whereAMonthIsBoundedALinkInUseCountsWithItsPingsAndProbes() {
    Predictor predictor = upkept(LinkUpkeep.USUAL.within(Metric.bytesPerSecond(1e9)));
    Metric month = Metric.of(Metric.Kind.MONTHLY_UPLINK_BYTES);

    // A frame in 20 s, half of them sent: 1,000 bytes each, 130 MB a month in all. Idle pings take
    // 50 MB and probes 50 MB, one ping before each request 6.5 MB; 37 ms and less under way nothing
    // to speak of.
    double seconds = 30 * 86_400;
    double sent = 1000 * seconds / 20;
    double upkeep = 100e6 + 100 * seconds / 40;
    assertThat(predictor.value(0, month, link(1e6, 20_000 * MS)))
        .isCloseTo(sent + upkeep, within(0.01 * upkeep));
    assertThat(predictor.predict(0, link(1e6, 20_000 * MS)).uplinkBytesPerMonth())
        .isEqualTo(predictor.value(0, month, link(1e6, 20_000 * MS)));
    assertThat(predictor.value(0, Metric.of(Metric.Kind.UPLINK_BYTES), link(1e6, 20_000 * MS)))
        .as("a frame's bytes are those of requests")
        .isEqualTo(1000);
    assertThat(predictor.value(0, month, link(1e6, 0))).isInfinite();
    assertThat(predictor.value(1, month, link(1e6, 20_000 * MS)))
        .as("a local plan's link may rest")
        .isZero();
    assertThat(upkept(LinkUpkeep.USUAL).value(0, month, link(1e6, 20_000 * MS)))
        .as("without a bound requests alone")
        .isEqualTo(sent);
  }

  @Test
  void noPlansMonthIsBelowItsBoundAndASlowerLinkNeverTakesLess() {
    BundleFacts facts = SyntheticFacts.of(4);
    List<Plan> plans =
        CandidatePlans.sluice(facts).stream().flatMap(chain -> chain.plans().stream()).toList();
    Predictor predictor =
        new Predictor(
            facts,
            plans,
            1,
            2,
            Optional.empty(),
            DeviceModel.DEFAULT.keeping(LinkUpkeep.USUAL.within(200)));
    Metric month = Metric.of(Metric.Kind.MONTHLY_UPLINK_BYTES);
    double[] least = new double[plans.size()];
    double[] before = new double[plans.size()];
    for (double rate : new double[] {1e7, 1e6, 1e5, 1e4}) {
      Estimates estimates = link(rate, 300 * MS);
      predictor.atLeast(month, estimates, least);
      for (int i = 0; i < plans.size(); i++) {
        double value = predictor.predict(i, estimates).uplinkBytesPerMonth();
        assertThat(least[i]).as("%s at %s", plans.get(i), rate).isLessThanOrEqualTo(value);
        assertThat(value).as("%s at %s", plans.get(i), rate).isGreaterThanOrEqualTo(before[i]);
        assertThat(value)
            .isGreaterThanOrEqualTo(
                Metric.monthlyBytes(
                    predictor.value(i, Metric.of(Metric.Kind.UPLINK_BYTES), estimates), 300 * MS));
        before[i] = value;
      }
    }
  }

  private static Predictor upkept(LinkUpkeep upkeep) {
    return new Predictor(
        PredictorTest.handMade(),
        List.of(PredictorTest.SPLIT, Plan.local(2, List.of())),
        1,
        2,
        Optional.empty(),
        DeviceModel.DEFAULT.keeping(upkeep));
  }

  @Test
  void asksForMemoryWhoeverKnows() {
    Metric memory = Metric.of(Metric.Kind.DEVICE_MEMORY);
    Predictor ignorant =
        predictor(PredictorTest.handMade(), "pi4-one-core+wifi", PredictorTest.SPLIT);
    Predictor told =
        new Predictor(
            PredictorTest.handMade(),
            List.of(PredictorTest.SPLIT),
            1,
            2,
            Optional.empty(),
            DeviceModel.DEFAULT.with(plan -> 1_000_000L * plan.split()));

    assertThat(ignorant.predict(0, link(1e6, 0)).deviceMemoryBytes()).isEmpty();
    assertThatThrownBy(() -> ignorant.value(0, memory, link(1e6, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("memory");
    assertThat(told.predict(0, link(1e6, 0)).deviceMemoryBytes()).hasValue(1_000_000);
    assertThat(told.value(0, memory, link(1e6, 0))).isEqualTo(1e6);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void valuesOfOneMetricAreThoseOfTheWholePrediction(long seed) {
    BundleFacts facts = SyntheticFacts.of(seed);
    List<Plan> plans =
        List.of(
            Plan.local(8, List.of(new ExitThreshold(1, 0.9))),
            new Plan(0, "jpeg-75", List.of()),
            new Plan(
                3, "klt-s1.0", List.of(new ExitThreshold(0, 0.95), new ExitThreshold(3, 0.9))));
    Predictor predictor =
        new Predictor(
            facts, plans, 1, 2, Optional.empty(), DeviceModel.DEFAULT.with(plan -> plan.split()));
    for (long period : new long[] {0, 33 * MS, 20_000 * MS}) {
      Estimates estimates =
          Estimates.of(LinkState.UP, 4e5, 0.2, 40 * MS, 4 * MS, 5, 2, 3 * MS, period);
      for (int i = 0; i < plans.size(); i++) {
        Prediction prediction = predictor.predict(i, estimates);
        for (Metric.Kind kind : Metric.Kind.values()) {
          Metric metric =
              switch (kind) {
                case LATENCY_PERCENTILE -> Metric.latencyPercentile(95);
                case DEADLINE_MISSES -> Metric.deadlineMisses(prediction.p50LatencyNanos() + 0.5);
                default -> Metric.of(kind);
              };
          assertThat(metric.of(prediction))
              .as("seed %d, %s, %s", seed, plans.get(i), metric)
              .isCloseTo(predictor.value(i, metric, estimates), within(1.0));
        }
        assertThat(prediction.deviceEnergy().totalJoules())
            .isCloseTo(predictor.value(i, ENERGY, estimates), within(TOLERANCE));
      }
    }
  }

  @Test
  void ratherSendsNothingOverLteForTheFewHardFrames() {
    // Once in 20 s LTE pays its whole tail for every frame that is sent: more than the compute
    // that sending saves. Wi-Fi's tail is short.
    BundleFacts facts = SyntheticFacts.of(2);
    Plan some = new Plan(6, "klt-s2.0", List.of(new ExitThreshold(4, 0.8)));
    Plan none = Plan.local(8, List.of(new ExitThreshold(4, 0.8)));
    Estimates rare = Estimates.of(LinkState.UP, 4e5, 0, 40 * MS, 0, 100, 1, 0, 20_000 * MS);

    Predictor lte = predictor(facts, "pi4-one-core+lte", some, none);
    Predictor wifi = predictor(facts, "pi4-one-core+wifi", some, none);

    assertThat(lte.value(0, ENERGY, rare)).isGreaterThan(2 * lte.value(1, ENERGY, rare));
    assertThat(wifi.value(0, ENERGY, rare)).isLessThan(wifi.value(1, ENERGY, rare));
    EnergyRanking ranking =
        EnergyRanking.of(
            List.of(lte.activity(0, rare), lte.activity(1, rare)),
            EnergyModel.named("pi4-one-core+lte"),
            0.5);
    assertThat(ranking.order()).containsExactly(1, 0);
    assertThat(ranking.swaps()).isEmpty();
  }
}

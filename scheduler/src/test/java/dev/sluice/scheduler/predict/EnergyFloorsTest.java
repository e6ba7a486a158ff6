package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.scheduler.energy.DevicePowers;
import dev.sluice.scheduler.energy.EnergyConstant;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.energy.RadioPower;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.WorkerLoad;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bounds against the prices that they save. */
class EnergyFloorsTest {
  private static final long MS = 1_000_000;
  private static final Metric ENERGY = Metric.of(Metric.Kind.DEVICE_ENERGY);
  private static final BundleFacts FACTS =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 300, 10, 6_000_000, true), 3);
  private static final List<Plan> PLANS =
      CandidatePlans.sluice(FACTS).stream().flatMap(chain -> chain.plans().stream()).toList();

  private static LongStream seeds() {
    return LongStream.range(0, 40);
  }

  /** Radios that exist and such as do not, links that queue, devices that do. */
  @ParameterizedTest
  @MethodSource("seeds")
  void noPriceIsBelowItsBound(long seed) {
    Random random = new Random(seed);
    EnergyModel energy = anyModel(random);
    Predictor predictor =
        predictor(
            energy,
            random.nextBoolean() ? Rescue.NONE : Rescue.before(150 * MS),
            random.nextInt(5) == 0 ? Arrivals.CLOSED : Arrivals.OPEN,
            random.nextBoolean() ? 0 : Math.round(Math.exp(random.nextDouble() * 11) * MS));
    double[] bounds = new double[predictor.size()];
    for (int round = 0; round < 12; round++) {
      Estimates estimates = anyEstimates(random);
      predictor.atLeast(ENERGY, estimates, bounds);
      for (int i = 0; i < bounds.length; i += 5) {
        assertThat(bounds[i])
            .as("seed %d: %s, %s, %s", seed, predictor.plan(i).describe(), energy, estimates)
            .isLessThanOrEqualTo(predictor.value(i, ENERGY, estimates));
      }
    }
  }

  /** How long a reply takes at least and how long it takes are two: the radio may go down first. */
  @Test
  void aReplyThatOutlastsTheTailKeepsNoRadioUp() {
    Predictor predictor =
        predictor(EnergyModel.named("pi4-one-core+wifi"), Rescue.NONE, Arrivals.OPEN);
    Random random = new Random(1);
    for (int round = 0; round < 12; round++) {
      Estimates busyWorker =
          Estimates.of(
                  LinkState.UP,
                  Math.exp(9 + 3 * random.nextDouble()),
                  0.2,
                  0,
                  MS,
                  3,
                  20 + 30 * random.nextDouble(),
                  0,
                  (400 + random.nextInt(300)) * MS)
              .withWorker(new WorkerLoad(0.55, 0.1, 0.25, 0, 0.6));
      assertNoPriceIsBelowItsBound(predictor, busyWorker);
    }
  }

  /** After months of frames a clock in doubles no longer tells a quarter of a nanosecond. */
  @Test
  void shortTransfersOnALongTimelineAreNotBelowTheirBound() {
    EnergyModel radioAlone =
        EnergyModel.named("pi4-one-core+wifi")
            .scaled(EnergyConstant.TAIL_TIME, 0)
            .scaled(EnergyConstant.PROMOTION_POWER, 0)
            .scaled(EnergyConstant.TRANSMIT_ENERGY, 0)
            .scaled(EnergyConstant.NETWORK_POWER, 0)
            .scaled(EnergyConstant.CODING_POWER, 0);
    Predictor predictor = predictor(radioAlone, Rescue.NONE, Arrivals.OPEN);
    for (int hours = 1; hours <= 6; hours++) {
      assertNoPriceIsBelowItsBound(
          predictor,
          Estimates.of(
              LinkState.UP, 1.37e8 * hours, 0.2, 0, MS, 0.01, 1, 0, hours * 3_600_000L * MS));
    }
  }

  private static void assertNoPriceIsBelowItsBound(Predictor predictor, Estimates estimates) {
    double[] bounds = new double[predictor.size()];
    predictor.atLeast(ENERGY, estimates, bounds);
    for (int i = 0; i < bounds.length; i += 3) {
      assertThat(bounds[i])
          .as("%s, %s", predictor.plan(i).describe(), estimates)
          .isLessThanOrEqualTo(predictor.value(i, ENERGY, estimates));
    }
  }

  /** Whatever else a bound is, where no frame meets another it must be close. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "pi4-one-core+wifi",
        "pi4-one-core+lte",
        "pi4-one-core+3g",
        "pi4-one-core+wire",
        "pi4-duty-cycled+wifi"
      })
  void boundsAreCloseWhereFramesDoNotMeet(String energy) {
    Predictor predictor = predictor(EnergyModel.named(energy), Rescue.NONE, Arrivals.OPEN);
    double[] bounds = new double[predictor.size()];
    for (long periodNanos : new long[] {0, 200 * MS, 700 * MS}) {
      Estimates estimates =
          Estimates.of(LinkState.UP, 2e6, 0.1, 20 * MS, MS, 8, 1, MS, periodNanos);
      predictor.atLeast(ENERGY, estimates, bounds);
      int close = 0;
      for (int i = 0; i < bounds.length; i++) {
        close += bounds[i] > 0.97 * predictor.value(i, ENERGY, estimates) ? 1 : 0;
      }
      assertThat(close)
          .as("bounds within 3 %% at %d ms", periodNanos / MS)
          .isGreaterThan(bounds.length * 9 / 10);
    }
  }

  @Test
  void pricesTheSameWhateverWasPricedBefore() {
    Random random = new Random(5);
    EnergyModel energy = EnergyModel.named("pi4-duty-cycled+lte");
    Predictor used = predictor(energy, Rescue.NONE, Arrivals.OPEN);
    for (int round = 0; round < 200; round++) {
      Estimates estimates = anyEstimates(random);
      int index = random.nextInt(PLANS.size());
      assertThat(used.value(index, ENERGY, estimates))
          .isEqualTo(energy.perFrame(used.activity(index, estimates)).totalJoules())
          .isEqualTo(used.predict(index, estimates).deviceEnergy().totalJoules());
    }
  }

  private static Predictor predictor(EnergyModel energy, Rescue rescue, Arrivals arrivals) {
    return predictor(energy, rescue, arrivals, 0);
  }

  private static Predictor predictor(
      EnergyModel energy, Rescue rescue, Arrivals arrivals, long pingNanos) {
    return new Predictor(
        FACTS,
        PLANS,
        1,
        2,
        Optional.empty(),
        DeviceModel.DEFAULT
            .with(energy)
            .answering(rescue)
            .keeping(new LinkUpkeep(pingNanos, 0, Double.POSITIVE_INFINITY, 1)),
        arrivals);
  }

  private static EnergyModel anyModel(Random random) {
    RadioPower radio =
        switch (random.nextInt(6)) {
          case 0 -> RadioPower.WIFI;
          case 1 -> RadioPower.LTE;
          case 2 -> RadioPower.THREE_G;
          case 3 -> RadioPower.WIRE;
          default ->
              new RadioPower(
                  "any",
                  random.nextInt(2000),
                  MS * random.nextInt(300),
                  random.nextInt(1500),
                  random.nextInt(900),
                  random.nextInt(200),
                  List.of(
                      new RadioPower.TailPhase(
                          random.nextInt(2000), MS * random.nextInt(2) * random.nextInt(900)),
                      new RadioPower.TailPhase(random.nextInt(1500), MS * random.nextInt(900))));
        };
    return new EnergyModel(
        random.nextBoolean()
            ? DevicePowers.named("pi4-one-core")
            : DevicePowers.named("pi4-duty-cycled"),
        radio);
  }

  private static Estimates anyEstimates(Random random) {
    long period = random.nextInt(6) == 0 ? 0 : (long) (MS * Math.exp(2 + 6 * random.nextDouble()));
    Estimates estimates =
        Estimates.of(
            LinkState.UP,
            Math.exp(8 + 8 * random.nextDouble()),
            0.2,
            (long) (MS * Math.exp(6 * random.nextDouble())),
            MS,
            1 + 30 * random.nextDouble(),
            1 + random.nextDouble(),
            random.nextInt(5) * MS,
            period);
    if (random.nextInt(3) == 0) {
      estimates = estimates.withPassOdds(0.3 + 3 * random.nextDouble());
    }
    return random.nextInt(3) == 0
        ? estimates.withWorker(new WorkerLoad(0.6, 0.1, 0.2, 5 * MS, 1))
        : estimates;
  }
}

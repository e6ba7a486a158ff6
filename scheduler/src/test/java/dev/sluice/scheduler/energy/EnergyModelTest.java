package dev.sluice.scheduler.energy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnergyModelTest {
  private static final double MS = 1e6;
  private static final double SECOND = 1e9;

  /** Rounding of sums of some hundred terms. */
  private static final double TOLERANCE = 1e-9;

  private static final EnergyModel PI_LTE = EnergyModel.named("pi4-one-core+lte");

  @Test
  void addsUpOneUploadOverLteAsDoneByHand() {
    // 1 Mbit in 1 s, half a second of silence, a reply of 0.1 Mbit in 0.1 s; computing 20 and 10
    // ms, waiting 600 ms.
    DeviceActivity activity =
        DeviceActivity.builder(1, 0)
            .computes(20 * MS, 10 * MS)
            .waits(600 * MS)
            .sends(0, 0, SECOND, 125_000)
            .receives(0, 1.5 * SECOND, 1.6 * SECOND, 12_500)
            .build();

    EnergyPerFrame energy = PI_LTE.perFrame(activity);

    assertThat(energy.promotionJoules()).isCloseTo(1.2107 * 0.2601, within(TOLERANCE));
    assertThat(energy.transmitJoules()).isCloseTo(0.43839 + 1.28804, within(TOLERANCE));
    assertThat(energy.receiveJoules()).isCloseTo(0.005197 + 0.128804, within(TOLERANCE));
    assertThat(energy.tailJoules()).isCloseTo(1.06 * (0.5 + 11.576), within(TOLERANCE));
    assertThat(energy.networkJoules()).isCloseTo(0.925 * 0.020, within(TOLERANCE));
    assertThat(energy.codingJoules()).isCloseTo(0.925 * 0.010, within(TOLERANCE));
    assertThat(energy.waitingJoules()).isZero();
    assertThat(EnergyModel.named("pi4-duty-cycled+lte").perFrame(activity).waitingJoules())
        .isCloseTo(2.7 * 0.6, within(TOLERANCE));
    assertThat(energy.totalJoules())
        .isCloseTo(
            0.31490307 + 1.72643 + 0.134001 + 12.80056 + 0.0185 + 0.00925, within(TOLERANCE));
  }

  @Test
  void aTailOfTwoPhasesIsPaidInBoth() {
    DeviceActivity activity = DeviceActivity.builder(2, 0).sends(1, 0, 0, 0).build();

    EnergyPerFrame energy = EnergyModel.named("pi4-one-core+3g").perFrame(activity);

    assertThat(energy.tailJoules())
        .isCloseTo((0.8039 * 8.0882 + 0.6013 * 0.8242) / 2, within(TOLERANCE));
    assertThat(RadioPower.THREE_G.tailJoules(8.5 * SECOND))
        .isCloseTo(0.8039 * 8.0882 + 0.6013 * 0.4118, within(TOLERANCE));
  }

  @Test
  void aStreamQuickerThanTheTailNeverLetsTheRadioSleep() {
    DeviceActivity.Builder stream = DeviceActivity.builder(10, 200_000_000);
    for (int i = 0; i < 10; i++) {
      stream.sends(i, i * 200 * MS + 30 * MS, i * 200 * MS + 80 * MS, 5000);
    }

    EnergyPerFrame energy = PI_LTE.perFrame(stream.build());

    assertThat(energy.promotionJoules()).isZero();
    assertThat(energy.tailJoules()).isCloseTo(1.06 * 0.150, within(TOLERANCE));
    assertThat(energy.transmitJoules())
        .isCloseTo(1.28804 * 0.05 + 0.43839 * 0.04, within(TOLERANCE));
  }

  @Test
  void theSameShareOffloadedCostsLessInBurstsThanEvenlySpread() {
    // Ten of a thousand frames, one a second: in a row the radio comes up once, else ten times.
    EnergyPerFrame burst = PI_LTE.perFrame(oneASecond(i -> i < 10));
    EnergyPerFrame spread = PI_LTE.perFrame(oneASecond(i -> i % 100 == 0));

    double tail = 1.06 * 11.576;
    assertThat(burst.tailJoules() * 1000).isCloseTo(9 * 1.06 * 0.9 + tail, within(1e-6));
    assertThat(spread.tailJoules() * 1000).isCloseTo(10 * tail, within(1e-6));
    assertThat(burst.promotionJoules() * 1000).isCloseTo(0.31490307, within(1e-6));
    assertThat(spread.promotionJoules() * 1000).isCloseTo(3.1490307, within(1e-6));
    assertThat(burst.transmitJoules()).isCloseTo(spread.transmitJoules(), within(TOLERANCE));
  }

  private static DeviceActivity oneASecond(java.util.function.IntPredicate sent) {
    DeviceActivity.Builder stream = DeviceActivity.builder(1000, (long) SECOND);
    for (int i = 0; i < 1000; i++) {
      if (sent.test(i)) {
        stream.sends(i, i * SECOND, i * SECOND + 100 * MS, 10_000);
      }
    }
    return stream.build();
  }

  @Test
  void overlappingTransfersKeepTheRadioActiveOnce() {
    DeviceActivity activity =
        DeviceActivity.builder(1, 0)
            .receives(0, 50 * MS, 150 * MS, 0)
            .sends(0, 0, 100 * MS, 0)
            .sends(0, 20 * MS, 60 * MS, 0)
            .build();

    EnergyPerFrame energy = PI_LTE.perFrame(activity);

    assertThat(energy.transmitJoules() + energy.receiveJoules())
        .isCloseTo(1.28804 * 0.150, within(TOLERANCE));
    assertThat(energy.tailJoules()).isCloseTo(1.06 * 11.576, within(TOLERANCE));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void agreesWithARadioSimulatedMillisecondByMillisecond(long seed) {
    Random random = new Random(seed);
    RadioPower radio = anyRadio(random);
    int frames = 40;
    int periodMs = 1 + random.nextInt(120);
    int roundMs = frames * periodMs;
    List<int[]> transfers = new ArrayList<>();
    DeviceActivity.Builder activity = DeviceActivity.builder(frames, periodMs * 1_000_000L);
    for (int i = 0; i < frames; i++) {
      if (random.nextInt(3) == 0) {
        int start = random.nextInt(roundMs);
        int end = Math.min(roundMs, start + 1 + random.nextInt(60));
        int bytes = 1000 * (1 + random.nextInt(20));
        boolean out = random.nextBoolean();
        transfers.add(new int[] {start, end, bytes, out ? 1 : 0});
        if (out) {
          activity.sends(i, start * MS, end * MS, bytes);
        } else {
          activity.receives(i, start * MS, end * MS, bytes);
        }
      }
    }

    double joules =
        new EnergyModel(DevicePowers.named("pi4-one-core"), radio)
            .perFrame(activity.build())
            .totalJoules();

    assertThat(joules * frames)
        .as("seed %d, %s", seed, radio)
        .isCloseTo(simulated(radio, transfers, roundMs), within(1e-6));
  }

  private static RadioPower anyRadio(Random random) {
    return new RadioPower(
        "any",
        random.nextInt(2000),
        1_000_000L * random.nextInt(300),
        random.nextInt(1500),
        random.nextInt(900),
        random.nextInt(200),
        List.of(
            new RadioPower.TailPhase(random.nextInt(1000), 1_000_000L * random.nextInt(100)),
            new RadioPower.TailPhase(random.nextInt(500), 1_000_000L * random.nextInt(100))));
  }

  /** The second of two rounds, in joules: by then the radio is in the state that repeats. */
  private static double simulated(RadioPower radio, List<int[]> transfers, int roundMs) {
    double joules = 0;
    int silentMs = Integer.MAX_VALUE / 2;
    for (int now = 0; now < 2 * roundMs; now++) {
      boolean counted = now >= roundMs;
      int at = now % roundMs;
      boolean active = false;
      for (int[] transfer : transfers) {
        if (transfer[0] <= at && at < transfer[1]) {
          active = true;
          double perMegabit =
              transfer[3] == 1
                  ? radio.transmitMillijoulesPerMegabit()
                  : radio.receiveMillijoulesPerMegabit();
          double share = 1.0 / (transfer[1] - transfer[0]);
          joules += counted ? perMegabit * transfer[2] * 8e-6 * share * 1e-3 : 0;
        }
      }
      if (active) {
        boolean slept = silentMs * MS > radio.tailNanos();
        joules +=
            counted && slept ? radio.promotionMilliwatts() * radio.promotionNanos() * 1e-12 : 0;
        joules += counted ? radio.activeMilliwatts() * 1e-6 : 0;
        silentMs = 0;
      } else {
        double first = radio.tail().get(0).nanos() / MS;
        double both = first + radio.tail().get(1).nanos() / MS;
        int phase = silentMs < first ? 0 : silentMs < both ? 1 : 2;
        joules += counted && phase < 2 ? radio.tail().get(phase).milliwatts() * 1e-6 : 0;
        silentMs++;
      }
    }
    return joules;
  }

  @ParameterizedTest
  @EnumSource(EnergyConstant.class)
  void everyConstantCountsAndPowersCountInProportion(EnergyConstant constant) {
    DeviceActivity activity =
        DeviceActivity.builder(3, 9_000_000_000L)
            .computes(20 * MS, 10 * MS)
            .waits(600 * MS)
            .sends(0, 0, SECOND, 125_000)
            .receives(0, 1.5 * SECOND, 1.6 * SECOND, 12_500)
            .build();
    EnergyModel model = EnergyModel.named("pi4-duty-cycled+lte");
    double half = model.scaled(constant, 0.5).perFrame(activity).totalJoules();
    double plain = model.perFrame(activity).totalJoules();
    double more = model.scaled(constant, 1.5).perFrame(activity).totalJoules();

    assertThat(half).isLessThan(plain);
    assertThat(plain).isLessThan(more);
    assertThat(plain - half).isCloseTo(more - plain, within(TOLERANCE));
    assertThat(model.scaled(constant, 1)).isEqualTo(model);
  }

  @Test
  void aTransferThatOutlastsItsRoundDelaysTheNextOnesTail() {
    // An overloaded link: each of two transfers takes longer than the frames' period.
    DeviceActivity activity =
        DeviceActivity.builder(2, 1_000_000)
            .sends(0, 0, 5 * MS, 100)
            .sends(1, 5 * MS, 10 * MS, 100)
            .build();

    EnergyPerFrame energy = PI_LTE.perFrame(activity);

    assertThat(energy.tailJoules()).isZero();
    assertThat(energy.promotionJoules()).isZero();
  }

  @Test
  void whoSendsNothingPaysNoRadio() {
    DeviceActivity quiet = DeviceActivity.builder(5, 1_000_000).computes(MS, 0).build();

    assertThat(PI_LTE.perFrame(quiet).radioJoules()).isZero();
    assertThat(EnergyModel.named("pi4-one-core+wire").perFrame(oneASecond(i -> true)).totalJoules())
        .isZero();
  }

  @Test
  void namesThePresetsItKnows() {
    assertThat(EnergyModel.named("pi4-one-core+wifi")).isEqualTo(EnergyModel.DEFAULT);
    assertThat(EnergyModel.named("jetson-nano+lte").name()).isEqualTo("jetson-nano+lte");
    assertThatThrownBy(() -> EnergyModel.named("pi4+6g"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no radio '6g', only wifi, lte, 3g, wire");
    assertThat(EnergyModel.named("pi4")).isEqualTo(EnergyModel.named("pi4+wifi"));
    assertThatThrownBy(() -> EnergyModel.named("toaster"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("toaster");
  }

  @Test
  void refusesWhatIsNoPowerTimeOrSize() {
    DeviceActivity.Builder activity = DeviceActivity.builder(2, 1000);
    List<Runnable> wrong =
        List.of(
            () -> new DevicePower("x", Double.NaN, 0, 0),
            () -> new DevicePower("x", 0, -1, 0),
            () -> new DevicePower(" ", 0, 0, 0),
            () -> new RadioPower("x", 0, -1, 0, 0, 0, List.of()),
            () -> new RadioPower("x", 0, 0, Double.POSITIVE_INFINITY, 0, 0, List.of()),
            () -> new RadioPower.TailPhase(1, -1),
            () -> PI_LTE.scaled(EnergyConstant.TAIL_TIME, -0.5),
            () -> PI_LTE.scaled(EnergyConstant.TAIL_TIME, Double.NaN),
            () -> DeviceActivity.builder(0, 0),
            () -> DeviceActivity.builder(1, -1),
            () -> activity.sends(2, 0, 1, 1),
            () -> activity.sends(-1, 0, 1, 1),
            () -> activity.sends(0, 2, 1, 1),
            () -> activity.sends(0, Double.NaN, 1, 1),
            () -> activity.receives(0, 0, 1, -1),
            () -> activity.computes(-1, 0),
            () -> activity.waits(Double.POSITIVE_INFINITY));
    for (int i = 0; i < wrong.size(); i++) {
      Runnable call = wrong.get(i);
      assertThatThrownBy(call::run).as("call %d", i).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void pingsKeepARadioUpWhoseTailIsLongerThanTheirDistance() {
    DeviceActivity silent =
        DeviceActivity.builder(100, 1_000_000_000).pings(10_000_000_000L).build();

    assertThat(PI_LTE.perFrame(silent).tailJoules()).isCloseTo(1.06, within(TOLERANCE));
    assertThat(PI_LTE.perFrame(silent).promotionJoules()).isZero();
  }

  @Test
  void pingsWakeARadioUpWhoseTailIsShorter() {
    // Sent at 0 and at 25 s; pings at 10 and 20, then again at 35, 45, 55 and 65 of 70 s.
    DeviceActivity seldom =
        DeviceActivity.builder(70, 1_000_000_000)
            .pings(10_000_000_000L)
            .sends(0, 0, 0, 0)
            .sends(25, 25 * SECOND, 25 * SECOND, 0)
            .build();

    EnergyPerFrame energy = EnergyModel.named("pi4-one-core+wifi").perFrame(seldom);

    assertThat(energy.tailJoules() * 70).isCloseTo(8 * 0.1193 * 0.2381, within(TOLERANCE));
    assertThat(energy.promotionJoules() * 70).isCloseTo(8 * 0.1244 * 0.0791, within(TOLERANCE));
  }
}

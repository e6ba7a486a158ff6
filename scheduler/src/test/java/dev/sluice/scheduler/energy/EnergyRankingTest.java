package dev.sluice.scheduler.energy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnergyRankingTest {
  private static final double SECOND = 1e9;

  /** One watt for computing, one joule per megabit. */
  private static final EnergyModel MODEL =
      new EnergyModel(
          new DevicePower("one watt", 1000, 1000, 0),
          new RadioPower("one joule", 0, 0, 0, 1000, 0, List.of()));

  private static DeviceActivity computing(double seconds) {
    return DeviceActivity.builder(1, 0).computes(seconds * SECOND, 0).build();
  }

  private static DeviceActivity sending(double megabits) {
    return DeviceActivity.builder(1, 0).sends(0, 0, 0, megabits * 125_000).build();
  }

  @Test
  void saysWhichPairsAWrongConstantTurns() {
    // 2.9 J of sending come second to 1 J of computing only if both are wrong: 1.45 against 1.5.
    EnergyRanking ranking =
        EnergyRanking.of(List.of(sending(2.9), sending(1.2), computing(1)), MODEL, 0.5);

    assertThat(ranking.order()).containsExactly(2, 1, 0);
    assertThat(ranking.joulesPerFrame().get(0)).isCloseTo(2.9, within(1e-12));
    EnergyRanking.Pair close = new EnergyRanking.Pair(2, 1);
    assertThat(ranking.swaps())
        .extracting(EnergyRanking.Swap::pair, EnergyRanking.Swap::constant)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(close, EnergyConstant.NETWORK_POWER),
            org.assertj.core.groups.Tuple.tuple(close, EnergyConstant.TRANSMIT_ENERGY));
    assertThat(ranking.swaps().get(0).factor()).isEqualTo(1.5);
    assertThat(ranking.swaps().get(0).lostJoules()).isCloseTo(0.3, within(1e-12));
    assertThat(ranking.swaps().get(1).factor()).isEqualTo(0.5);
    assertThat(ranking.swaps().get(1).lostJoules()).isCloseTo(0.4, within(1e-12));
    assertThat(ranking.swaps().get(0))
        .hasToString("2 and 1 swap with network power times 1.50, by 300 mJ");
    assertThat(ranking.fragilePairs()).containsExactly(close, new EnergyRanking.Pair(2, 0));
    assertThat(ranking.robust()).isFalse();
  }

  @Test
  void whatIsFarApartOrAlikeInAllStaysAsItIs() {
    EnergyRanking ranking =
        EnergyRanking.of(List.of(computing(1), sending(3.1), computing(1)), MODEL, 0.5);

    assertThat(ranking.order()).containsExactly(0, 2, 1);
    assertThat(ranking.swaps()).isEmpty();
    assertThat(ranking.robust()).isTrue();
  }

  @Test
  void everySwapOfOneConstantIsAFragilePair() {
    EnergyModel lte = EnergyModel.named("pi4-one-core+lte");
    DeviceActivity.Builder rare = DeviceActivity.builder(60, (long) SECOND);
    DeviceActivity.Builder often = DeviceActivity.builder(60, (long) SECOND);
    for (int i = 0; i < 60; i++) {
      rare.computes(0.9 * SECOND, 0);
      often.computes(0.1 * SECOND, 0);
      often.sends(i, i * SECOND, i * SECOND + 1e8, 4000);
      if (i % 30 == 0) {
        rare.sends(i, i * SECOND, i * SECOND + 1e8, 4000);
      }
    }
    EnergyRanking ranking =
        EnergyRanking.of(List.of(rare.build(), often.build(), computing(1.2)), lte, 0.5);

    assertThat(ranking.swaps()).isNotEmpty();
    assertThat(ranking.fragilePairs())
        .containsAll(ranking.swaps().stream().map(EnergyRanking.Swap::pair).toList());
    for (EnergyRanking.Swap swap : ranking.swaps()) {
      EnergyModel wrong = lte.scaled(swap.constant(), swap.factor());
      List<DeviceActivity> all = List.of(rare.build(), often.build(), computing(1.2));
      assertThat(
              wrong.perFrame(all.get(swap.pair().thriftier())).totalJoules()
                  - wrong.perFrame(all.get(swap.pair().other())).totalJoules())
          .isCloseTo(swap.lostJoules(), within(1e-12))
          .isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void findsTheFragilePairsThatPricingEveryCombinationFinds(long seed) {
    Random random = new Random(seed);
    EnergyModel model = EnergyModel.named(seed % 2 == 0 ? "pi4-duty-cycled+3g" : "pi5+lte");
    List<DeviceActivity> plans = new ArrayList<>();
    for (int plan = 0; plan < 6; plan++) {
      DeviceActivity.Builder activity =
          DeviceActivity.builder(10, 7_000_000_000L).pings(9_000_000_000L);
      activity.computes(random.nextDouble() * 30 * SECOND, random.nextDouble() * SECOND);
      activity.waits(random.nextDouble() * SECOND);
      for (int i = 0; i < 10; i++) {
        if (random.nextInt(1 + plan) == 0) {
          double start = 7 * i * SECOND;
          activity.sends(i, start, start + random.nextDouble() * SECOND, random.nextInt(200_000));
          activity.receives(i, start + 1.5 * SECOND, start + 1.6 * SECOND, 2000);
        }
      }
      plans.add(activity.build());
    }

    EnergyRanking ranking = EnergyRanking.of(plans, model, 0.5);

    assertThat(ranking.fragilePairs()).as("seed %d", seed).isNotEmpty();
    assertThat(new HashSet<>(ranking.fragilePairs()))
        .as("seed %d", seed)
        .isEqualTo(turnedBySomeCombination(plans, model, ranking.order()));
  }

  private static Set<EnergyRanking.Pair> turnedBySomeCombination(
      List<DeviceActivity> plans, EnergyModel model, List<Integer> order) {
    EnergyConstant[] constants = EnergyConstant.values();
    Set<EnergyRanking.Pair> turned = new HashSet<>();
    for (int corner = 0; corner < 1 << constants.length; corner++) {
      EnergyModel wrong = model;
      for (int c = 0; c < constants.length; c++) {
        wrong = wrong.scaled(constants[c], (corner >> c & 1) == 0 ? 0.5 : 1.5);
      }
      double[] joules = new double[plans.size()];
      for (int plan = 0; plan < joules.length; plan++) {
        joules[plan] = wrong.perFrame(plans.get(plan)).totalJoules();
      }
      for (int i = 0; i < joules.length; i++) {
        for (int j = i + 1; j < joules.length; j++) {
          if (joules[order.get(i)] > joules[order.get(j)] * (1 + 1e-9)) {
            turned.add(new EnergyRanking.Pair(order.get(i), order.get(j)));
          }
        }
      }
    }
    return turned;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, 1.5, Double.NaN})
  void refusesASpreadThatIsNone(double spread) {
    assertThatThrownBy(() -> EnergyRanking.of(List.of(), MODEL, spread))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ranksNothingAsNothing() {
    assertThat(EnergyRanking.of(List.of(), MODEL, 0.5).order()).isEmpty();
  }
}

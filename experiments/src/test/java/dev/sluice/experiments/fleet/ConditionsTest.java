package dev.sluice.experiments.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.WorkerLoad;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionsTest {
  private static Estimates drawn(SplittableRandom random, LinkState link) {
    double busy = random.nextDouble(0, 0.95);
    return new Estimates(
            link,
            Math.exp(random.nextDouble(Math.log(2e3), Math.log(2e8))),
            random.nextDouble(0.05, 1),
            (long) Math.exp(random.nextDouble(Math.log(1e6), Math.log(5e8))),
            (long) Math.exp(random.nextDouble(Math.log(2e5), Math.log(1e8))),
            Math.exp(random.nextDouble(-4, 7)),
            Math.exp(random.nextDouble(-2, 2)),
            (long) random.nextDouble(0, 1e8),
            (long) random.nextDouble(1e7, 1e10),
            0,
            new WorkerLoad(busy, 0.05, random.nextDouble(0, busy), random.nextDouble(0, 5e7), 0.5))
        .withFramePeriodCv(random.nextInt(5) / 4.0);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void roundsByNoMoreThanItSays(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 1000; i++) {
      Estimates exact = drawn(random, LinkState.UP);
      Estimates rounded = Conditions.of(exact).estimates();

      ratio(rounded.uplinkBytesPerSecond(), exact.uplinkBytesPerSecond(), 4);
      ratio((double) rounded.roundTripNanos(), (double) exact.roundTripNanos(), 8);
      ratio(rounded.deviceScale(), exact.deviceScale(), 16);
      ratio(rounded.workerScale(), exact.workerScale(), 4);
      ratio((double) rounded.framePeriodNanos(), (double) exact.framePeriodNanos(), 2);
      assertThat(rounded.framePeriodCv()).isEqualTo(exact.framePeriodCv());
      ratio(rounded.uplinkRelativeSd(), exact.uplinkRelativeSd(), 1);
      assertThat(rounded.worker().others()).isCloseTo(exact.worker().others(), within(0.0251));
    }
  }

  /** Half a step up or down. */
  private static void ratio(double rounded, double exact, int steps) {
    assertThat(Math.abs(Math.log(rounded / exact)) * steps / Math.log(2)).isLessThan(0.51);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void roundsTheSameWaysWhatIsRoundedAlready(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 1000; i++) {
      LinkState link = i % 10 == 0 ? LinkState.DOWN : LinkState.UP;
      Conditions conditions = Conditions.of(drawn(random, link));
      assertThat(Conditions.of(conditions.estimates())).isEqualTo(conditions);
    }
  }

  @Test
  void forgetsTheLinkWhereThereIsNone() {
    SplittableRandom random = new SplittableRandom(1);
    Estimates down = drawn(random, LinkState.DOWN);
    assertThat(Conditions.of(down.withUplink(1e6))).isEqualTo(Conditions.of(down.withUplink(1e4)));
    assertThat(Conditions.of(down).estimates().link()).isEqualTo(LinkState.DOWN);
  }
}

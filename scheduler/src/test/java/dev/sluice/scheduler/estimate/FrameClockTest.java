package dev.sluice.scheduler.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameClockTest {
  private static final long MS = 1_000_000;

  private final FrameClock clock = new FrameClock();
  private long now = 5 * MS;

  private void after(double millis) {
    now += Math.max(1, Math.round(millis * MS));
    clock.onFrame(now);
  }

  private void evenly(int frames, double millis) {
    for (int i = 0; i < frames; i++) {
      after(millis);
    }
  }

  @Test
  void knowsNothingOfOneFrame() {
    after(0);
    assertThat(clock.periodNanos()).isZero();
    assertThat(clock.cv()).isZero();
  }

  @Test
  void tellsThePeriodFromTheSecondFrameOn() {
    evenly(2, 40);
    assertThat(clock.periodNanos()).isEqualTo(40 * MS);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.05, 0.2})
  void aCameraThatJittersHasItsFramesEvenly(double jitter) {
    Random random = new Random(1);
    for (int i = 0; i < 500; i++) {
      after(100 * (1 + jitter * random.nextGaussian()));
      assertThat(clock.cv()).isZero();
    }
    assertThat(clock.periodNanos() / 1e6).isCloseTo(100, within(15.0));
  }

  @Test
  void framesThatAreLostMoveNeitherPeriodNorEvenness() {
    Random random = new Random(2);
    for (int i = 0; i < 500; i++) {
      after(random.nextInt(10) == 0 ? 200 : 100);
      assertThat(clock.cv()).isZero();
    }
    assertThat(clock.periodNanos()).isEqualTo(100 * MS);
  }

  @Test
  void aStepIsFollowedWithinADozenFramesAndSoonNoLongerTakenForChance() {
    evenly(200, 200);
    evenly(12, 100);
    assertThat(clock.periodNanos()).isEqualTo(100 * MS);
    int uneven = 0;
    for (int i = 12; i < 200; i++) {
      after(100);
      uneven += clock.cv() > 0 ? 1 : 0;
    }
    assertThat(uneven).isLessThanOrEqualTo(16);
    assertThat(clock.periodNanos()).isEqualTo(100 * MS);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void framesAtRandomAreToldAsSuchAndTheirMeanDistanceIsThePeriod(long seed) {
    Random random = new Random(seed);
    int told = 0;
    double period = 0;
    double cv = 0;
    for (int i = 0; i < 2000; i++) {
      after(-125 * Math.log(1 - random.nextDouble()));
      if (i > 100) {
        told += clock.cv() > 0 ? 1 : 0;
        period += clock.periodNanos() / 1899.0;
        cv += clock.cv() / 1899;
      }
    }
    assertThat(told).as("of 1899 frames").isGreaterThan(1880);
    assertThat(period / MS).isCloseTo(125, Percentage.withPercentage(8));
    assertThat(cv).isGreaterThan(0.85);
  }

  @Test
  void framesSomewhatAtRandomLieBetween() {
    Random random = new Random(3);
    double cv = 0;
    for (int i = 0; i < 2000; i++) {
      after(50 - 50 * Math.log(1 - random.nextDouble()));
      cv += i > 100 ? clock.cv() / 1899 : 0;
    }
    assertThat(cv).isBetween(0.4, 0.75);
  }

  /** Events in groups of forty, a minute apart. */
  @Test
  void pausesBetweenFramesAtRandomHardlyCount() {
    Random random = new Random(5);
    for (int i = 1; i < 2000; i++) {
      after(i % 40 == 0 ? 60_000 : -125 * Math.log(1 - random.nextDouble()));
      if (i > 200 && clock.cv() > 0) {
        assertThat(clock.periodNanos() / 1e6).isBetween(90.0, 190.0);
      }
    }
    assertThat(clock.cv()).isGreaterThanOrEqualTo(0.75);
  }

  /** What is told of a stream that stays as it is seldom changes: each time a plan may. */
  @ParameterizedTest
  @ValueSource(strings = {"0.37 normal", "0.5 uniform", "half", "poisson"})
  void whatIsToldOfAConstantStreamStays(String kind) {
    Random random = new Random(6);
    int changes = 0;
    double told = -1;
    for (int i = 0; i < 6000; i++) {
      after(
          switch (kind) {
            case "0.37 normal" -> 100 * Math.max(0.05, 1 + 0.37 * random.nextGaussian());
            case "0.5 uniform" -> 100 * (0.5 + random.nextDouble());
            case "half" -> 50 - 50 * Math.log(1 - random.nextDouble());
            default -> -100 * Math.log(1 - random.nextDouble());
          });
      double now = clock.cv() == 0 ? 0 : clock.cv() + clock.periodNanos();
      changes += i > 500 && now != told ? 1 : 0;
      told = now;
    }
    assertThat(changes).as("in ten minutes").isLessThanOrEqualTo(20);
  }

  @Test
  void aNewPaceOfFramesAtRandomIsFollowedWithinAHundredFrames() {
    Random random = new Random(7);
    for (int i = 0; i < 1100; i++) {
      after(-(i < 1000 ? 100 : 300) * Math.log(1 - random.nextDouble()));
    }
    assertThat(clock.periodNanos() / 1e6).isBetween(220.0, 380.0);
  }

  @Test
  void aClockThatJumpsBackAndAnHourOfSilenceAreLeftOut() {
    evenly(100, 50);
    clock.onFrame(now - 3000 * MS);
    clock.onFrame(now);
    after(3_600_000);
    evenly(10, 50);
    assertThat(clock.periodNanos()).isEqualTo(50 * MS);
    assertThat(clock.cv()).isZero();
  }
}

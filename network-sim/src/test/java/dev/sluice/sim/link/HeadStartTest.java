package dev.sluice.sim.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadStartTest {
  private static final long FAR = 1_000_000_000_000L;

  private static long lead(HeadStart start) {
    return FAR - start.wakeNanos(FAR);
  }

  @Test
  void asksForTheTimeItselfBeforeItKnowsAnything() {
    assertThat(lead(new HeadStart())).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void isThereInTimeForNineOfTen(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    HeadStart start = new HeadStart();
    int inTime = 0;
    int wakes = 20_000;
    for (int i = 0; i < wakes; i++) {
      long late = 50_000 + random.nextLong(300_000);
      inTime += late <= lead(start) ? 1 : 0;
      start.woken(late);
    }

    assertThat(inTime / (double) wakes).isBetween(0.88, 0.92);
    assertThat(lead(start)).isBetween(220_000L, 400_000L);
  }

  @Test
  void isNeverEarlierThanTheMostNorLateForAFastMachine() {
    HeadStart start = new HeadStart();
    for (int i = 0; i < 1_000; i++) {
      start.woken(80_000_000);
    }
    assertThat(lead(start)).isEqualTo(HeadStart.MOST_NANOS);
    for (int i = 0; i < 1_000; i++) {
      start.woken(0);
    }
    assertThat(lead(start)).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {600_000, 2_000_000, 20_000_000})
  void waitsForAFiftiethOfTheTimeAtMost(long period) {
    HeadStart start = new HeadStart();
    SplittableRandom random = new SplittableRandom(period);
    long waited = 0;
    long now = 0;
    for (int i = 1; i <= 10_000; i++) {
      long due = i * period;
      long asked = start.wakeNanos(due);
      long late = random.nextLong(400_000);
      now = Math.max(now, asked + late);
      start.woken(late);
      if (start.worthWaiting(due, now)) {
        waited += due - now;
        start.waited(now, due);
        now = due;
      }
    }

    assertThat(waited).isPositive().isLessThanOrEqualTo(now / 50 + HeadStart.MOST_NANOS);
  }

  @Test
  void doesNotWaitForWhatIsPastOrFar() {
    HeadStart start = new HeadStart();

    assertThat(start.worthWaiting(100, 100)).isFalse();
    assertThat(start.worthWaiting(100, 200)).isFalse();
    assertThat(start.worthWaiting(HeadStart.MOST_NANOS + 1, 0)).isFalse();
    assertThat(start.worthWaiting(HeadStart.MOST_NANOS, 0)).isTrue();
    assertThat(start.worthWaiting(Timeline.NEVER, 0)).isFalse();
  }
}

package dev.sluice.scheduler.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerLoadTest {
  private static final double MS = 1e6;

  private static WorkerLoad unmeasured(double utilisation, double ownShare) {
    return new WorkerLoad(utilisation, 0, ownShare, 0, 0);
  }

  @ParameterizedTest
  @CsvSource({"0.5, 0, 10", "0.8, 0, 40", "0.5, 0.25, 20", "0, 0.5, 0"})
  void waitsAsInAQueueThatOthersFill(double others, double own, double waitMs) {
    // M/M/1 at a service of 10 ms: 0.5 / 0.5 and 0.8 / 0.2 services; an own quarter: 0.5 / 0.25.
    assertThat(unmeasured(others, 0).waitNanos(0, 10 * MS, own, 0))
        .isCloseTo(waitMs * MS, within(1.0));
  }

  @Test
  void leavesItsOwnLoadOutOfWhatItWouldMeetElsewhere() {
    // All of the load is this device's: whatever it plans next, nobody is in its way.
    assertThat(unmeasured(0.8, 0.8).waitNanos(0, 10 * MS, 0.1, 0)).isZero();
    assertThat(unmeasured(0.8, 0.8).waitNanos(0, 10 * MS, 0.9, 0)).isZero();
  }

  @Test
  void trustsAFreshMeasurementAndAddsOnlyWhatChanges() {
    WorkerLoad fresh = new WorkerLoad(0.6, 0, 0.1, 4 * MS, 1);
    assertThat(fresh.waitNanos(7 * MS, 10 * MS, 0.1, 0)).isCloseTo(7 * MS, within(1.0));
    // Ten points more of the others: from 0.5 / 0.4 to 0.6 / 0.3 of 4 ms.
    assertThat(fresh.waitNanos(7 * MS, 10 * MS, 0.1, 0.1))
        .isCloseTo((7 + 4 * (2 - 1.25)) * MS, within(1.0));
    assertThat(WorkerLoad.UNTOLD.waitNanos(7 * MS, 10 * MS, 0.5, 0)).isEqualTo(7 * MS);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void neverPredictsAShorterWaitForMoreLoad(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      double measured = random.nextDouble() * 50 * MS;
      double freshness = random.nextDouble();
      double scale = random.nextDouble() * 10 * MS;
      double before = 0;
      for (double own = 0; own < 1.5; own += 0.05) {
        double wait =
            new WorkerLoad(0.7, 0, 0.2, scale, freshness).waitNanos(measured, 0, own, 0.1);
        assertThat(wait).as("seed %d, own %s", seed, own).isGreaterThanOrEqualTo(before);
        before = wait;
      }
      before = 0;
      for (double utilisation = 0; utilisation <= 1; utilisation += 0.05) {
        double wait = new WorkerLoad(utilisation, 0, 0, scale, 0).waitNanos(measured, 0, 0.1, 0);
        assertThat(wait).as("seed %d, busy %s", seed, utilisation).isGreaterThanOrEqualTo(before);
        before = wait;
      }
    }
  }

  @Test
  void refusesWhatIsNoLoad() {
    for (double bad : new double[] {Double.NaN, -0.1, 1.1, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new WorkerLoad(bad, 0, 0, 0, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new WorkerLoad(0.5, bad, 0, 0, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new WorkerLoad(0.5, 0, bad, 0, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new WorkerLoad(0.5, 0, 0, Double.NaN, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.sluice.cloud.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.protocol.message.LoadReport;
import org.junit.jupiter.api.Test;

class LoadMeterTest {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;

  @Test
  void reportsAnIdleWorkerThatNeverComputed() {
    assertThat(new LoadMeter(1, 0).report(0, SECOND)).isEqualTo(LoadReport.IDLE);
  }

  @Test
  void followsTheShareOfTimeSpentComputing() {
    LoadMeter meter = new LoadMeter(1, 0);
    long now = 0;
    for (int i = 0; i < 2_000; i++) {
      now += 10 * MILLI;
      meter.computed(5 * MILLI, 0, now);
    }
    assertThat(meter.report(0, now).busyFraction()).isCloseTo(0.5, within(0.01));
  }

  @Test
  void countsTwoThreadsAsTwiceTheRoom() {
    LoadMeter meter = new LoadMeter(2, 0);
    long now = 0;
    for (int i = 0; i < 2_000; i++) {
      now += 10 * MILLI;
      meter.computed(5 * MILLI, 0, now);
    }
    assertThat(meter.report(0, now).busyFraction()).isCloseTo(0.25, within(0.01));
  }

  @Test
  void halvesOldBusynessEverySecond() {
    LoadMeter meter = new LoadMeter(1, 0);
    meter.computed(SECOND, 0, 0);
    double fresh = meter.report(0, 0).busyFraction();
    assertThat(meter.report(0, SECOND).busyFraction()).isCloseTo(fresh / 2, within(1e-9));
  }

  @Test
  void smoothsTheRatioOfMeasuredToProfiledTime() {
    LoadMeter meter = new LoadMeter(1, 0);
    for (int i = 1; i <= 100; i++) {
      meter.computed(3 * MILLI, 2 * MILLI, i * SECOND);
    }
    assertThat(meter.report(0, 101 * SECOND).computeScale()).isCloseTo(1.5, within(1e-6));
  }

  @Test
  void ignoresComputationsThatTheProfileDoesNotKnow() {
    LoadMeter meter = new LoadMeter(1, 0);
    meter.computed(3 * MILLI, 0, SECOND);
    assertThat(meter.report(0, SECOND).computeScale()).isEqualTo(1);
  }
}

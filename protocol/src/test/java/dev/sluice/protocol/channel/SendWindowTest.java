package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SendWindowTest {
  private static final long MILLIS = 1_000_000;
  private static final long TARGET = 100 * MILLIS;

  /** A link of one rate and delay that holds whatever the window allows. */
  @ParameterizedTest
  @CsvSource({"8000, 80", "31250, 80", "125000, 80", "750000, 50", "2500000, 10"})
  void fillsTheLinkWithAboutTheTargetOfQueue(double bytesPerSecond, long delayMillis) {
    SendWindow window = new SendWindow(TARGET);
    long now = 0;
    window.onRoundTrip(now, delayMillis * MILLIS, 0, false);
    for (int i = 0; i < 400; i++) {
      long drain = (long) (window.bytes() / bytesPerSecond * 1e9);
      long roundTrip = Math.max(delayMillis * MILLIS, drain);
      int acked = Math.min(8192, window.bytes() / 2);
      now += acked / bytesPerSecond * 1e9;
      window.onRoundTrip(Math.min(now, 9_000 * MILLIS), roundTrip, acked, true);
    }
    double wanted = bytesPerSecond * (delayMillis + 100) / 1000;
    assertThat((double) window.bytes())
        .isBetween(
            Math.max(SendWindow.MIN_BYTES, 0.8 * wanted),
            Math.max(SendWindow.MIN_BYTES, 1.2 * wanted));
  }

  @Test
  void doesNotGrowWhileItIsNotTheLimit() {
    SendWindow window = new SendWindow(TARGET);
    for (int i = 0; i < 100; i++) {
      window.onRoundTrip(i * MILLIS, 10 * MILLIS, 8192, false);
    }
    assertThat(window.bytes()).isEqualTo(SendWindow.FIRST_BYTES);
  }

  @Test
  void forgetsTheShortRoundTripsOfAnotherNetwork() {
    SendWindow window = new SendWindow(TARGET);
    window.onRoundTrip(0, 5 * MILLIS, 0, false);
    for (int second = 1; second <= 60; second++) {
      window.onRoundTrip(second * 1000 * MILLIS, 300 * MILLIS, 8192, true);
    }
    assertThat(window.bytes()).isGreaterThan(SendWindow.FIRST_BYTES);
  }
}

package dev.sluice.sim.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CongestionWindowTest {
  private static final int SEGMENT = 1_000;
  private static final TcpOptions TCP = new TcpOptions(SEGMENT, 10 * SEGMENT, 1 << 30, 0, true, 0);
  private static final long ROUND_TRIP = 100_000_000L;

  /** Discrete rounds against a fluid formula. */
  private static final double TOLERANCE = 0.12;

  /**
   * Oracle: RFC 9438, section 5.1. With a loss every 1/p packets the mean window is the larger of
   * Reno's {@code sqrt(3 / 2p)} and CUBIC's {@code (C (3 + b) / (4 (1 - b)))^0.25 RTT^0.75 /
   * p^0.75}.
   */
  @ParameterizedTest
  @CsvSource({"0.01", "0.001", "0.0001", "0.00001"})
  void hasTheMeanWindowOfThePublishedResponseFunction(double lossShare) {
    double reno = Math.sqrt(1.5 / lossShare);
    double cubic =
        Math.pow(0.4 * 3.7 / (4 * 0.3), 0.25)
            * Math.pow(ROUND_TRIP / 1e9, 0.75)
            / Math.pow(lossShare, 0.75);

    assertThat(meanWindow(lossShare) / Math.max(reno, cubic)).isCloseTo(1, within(TOLERANCE));
  }

  @Test
  void reducesOnceForTheLossesOfARound() {
    CongestionWindow window = new CongestionWindow(TCP);
    fill(window);
    window.lost(SEGMENT, 5, 100);
    window.lost(SEGMENT, 7, 101);
    assertThat(window.windowBytes()).isEqualTo(7 * SEGMENT);

    window.lost(SEGMENT, 150, 250);
    assertThat(window.windowBytes()).isEqualTo((long) (4.9 * SEGMENT));
  }

  @Test
  void beginsAgainWithOneSegmentAfterATimeoutAndDoublesUpToTheThreshold() {
    CongestionWindow window = new CongestionWindow(TCP);
    fill(window);
    window.timedOut(SEGMENT, 5, 100);
    assertThat(window.windowBytes()).isEqualTo(SEGMENT);

    for (int i = 0; i < 6; i++) {
      window.acknowledged(SEGMENT, 200 + i, ROUND_TRIP);
    }
    assertThat(window.windowBytes()).isEqualTo(7 * SEGMENT);
    window.acknowledged(SEGMENT, 300, ROUND_TRIP);
    assertThat(window.windowBytes()).isLessThan(8 * SEGMENT);
  }

  /** Keeps the window full, acknowledges a packet at a time, and loses every so many. */
  private static double meanWindow(double lossShare) {
    CongestionWindow window = new CongestionWindow(TCP);
    long period = Math.round(1 / lossShare);
    long sent = 0;
    double sum = 0;
    long rounds = 0;
    long now = 0;
    long leastRounds = Math.max(2_000, Math.round(60 * Math.pow(lossShare, -0.4)));
    while (rounds < 2 * leastRounds) {
      int packets = (int) Math.max(1, window.windowBytes() / SEGMENT);
      if (rounds >= leastRounds) {
        sum += packets;
      }
      for (int i = 0; i < packets; i++) {
        window.sent(SEGMENT);
      }
      for (int i = 0; i < packets; i++) {
        sent++;
        if (sent % period == 0) {
          window.lost(SEGMENT, now + 1, now + ROUND_TRIP);
        } else {
          window.acknowledged(SEGMENT, now + ROUND_TRIP, ROUND_TRIP);
        }
      }
      now += ROUND_TRIP + 2;
      rounds++;
    }
    return sum / (rounds - leastRounds);
  }

  private static void fill(CongestionWindow window) {
    while (window.allows(SEGMENT)) {
      window.sent(SEGMENT);
    }
    assertThat(window.underWayBytes()).isEqualTo(10 * SEGMENT);
  }
}

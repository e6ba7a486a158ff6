package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.message.SendStamp;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClockOffsetTest {
  @Test
  void knowsNothingBeforeTheFirstPing() {
    assertThat(new ClockOffset().stamp(5)).isEqualTo(SendStamp.UNKNOWN);
  }

  @Test
  void putsTheWorkersStampInTheMiddleOfTheRoundTrip() {
    ClockOffset offset = new ClockOffset();
    offset.onPing(1_000, 501_500, 2_000);
    assertThat(offset.stamp(2_000)).isEqualTo(new SendStamp(502_000, 500));
  }

  @Test
  void statesAnErrorThatTheTruthNeverExceedsHoweverUnequalTheWaysAre() {
    Random random = new Random(7);
    ClockOffset offset = new ClockOffset();
    long ahead = -123_456_789_000L;
    long now = 0;
    for (int i = 0; i < 1_000; i++) {
      long there = random.nextInt(200_000_000);
      long back = random.nextInt(20_000_000);
      offset.onPing(now, now + there + ahead, now + there + back);
      now += 250_000_000;
      SendStamp stamp = offset.stamp(now);
      assertThat(Math.abs(stamp.workerNanos() - (now + ahead)))
          .as("after %d pings", i + 1)
          .isLessThanOrEqualTo(stamp.errorNanos());
    }
    assertThat(offset.stamp(now).errorNanos()).isLessThan(12_000_000);
  }

  @Test
  void followsAClockThatDrifts() {
    ClockOffset offset = new ClockOffset();
    long now = 0;
    for (int i = 0; i < 10_000; i++) {
      long worker = (long) ((now + 5_000_000) * 1.00005);
      offset.onPing(now, worker, now + 10_000_000);
      now += 250_000_000;
    }
    SendStamp stamp = offset.stamp(now);
    assertThat(Math.abs(stamp.workerNanos() - now * 1.00005)).isLessThan(stamp.errorNanos());
  }
}

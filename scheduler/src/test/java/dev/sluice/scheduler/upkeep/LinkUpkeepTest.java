package dev.sluice.scheduler.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.energy.IdlePings;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkUpkeepTest {
  private static final double SECONDS_PER_MONTH = 30 * 86_400;

  private static LinkUpkeep month(double bytes) {
    return LinkUpkeep.USUAL.within(bytes / SECONDS_PER_MONTH);
  }

  @Test
  void withoutABoundTheLinkIsKeptAsUsualAndProbesAreNotCounted() {
    assertThat(LinkUpkeep.USUAL.idlePingNanos()).isEqualTo(IdlePings.USUAL_NANOS);
    assertThat(LinkUpkeep.SPARING.idlePingNanos()).isEqualTo(IdlePings.SPARING_NANOS);
    assertThat(LinkUpkeep.NONE.over(3).idlePingNanos()).isZero();
    assertThat(LinkUpkeep.USUAL.leastBytesPerSecond()).isInfinite();
    assertThat(LinkUpkeep.USUAL.exceedsBudget()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.52e9, 1e9, 3e9, 20e9, 1e12})
  void pingsAndProbesOfAnIdleLinkTakeATenthAtMost(double bytesPerMonth) {
    LinkUpkeep upkeep = month(bytesPerMonth);

    assertThat(upkeep.leastBytesPerSecond() * SECONDS_PER_MONTH)
        .isLessThanOrEqualTo(0.1 * bytesPerMonth * (1 + 1e-9))
        .isGreaterThanOrEqualTo(0.05 * bytesPerMonth);
    assertThat(upkeep.exceedsBudget()).isFalse();
  }

  @Test
  void pingsGetRarerStepByStepAndNoRarerThanAWorkerBears() {
    // 1 GB a month is 386 bytes a second, of which 19.3 are for pings.
    assertThat(month(1e9).idlePingNanos() / 1e9).isCloseTo(5.184, within(1e-6));
    assertThat(month(1e9).over(3).idlePingNanos()).isEqualTo(IdlePings.SPARING_NANOS);
    assertThat(month(3e9).over(3).idlePingNanos()).isEqualTo(month(1e9).idlePingNanos());
    assertThat(month(1e6).idlePingNanos()).isEqualTo(IdlePings.SPARING_NANOS);
    assertThat(month(0).idlePingNanos()).isEqualTo(IdlePings.SPARING_NANOS);
    assertThat(month(1e12).idlePingNanos()).isEqualTo(IdlePings.USUAL_NANOS);
    assertThat(LinkUpkeep.SPARING.within(1e12).idlePingNanos()).isEqualTo(IdlePings.SPARING_NANOS);
  }

  @Test
  void saysWhereTheLinkAloneTakesMoreThanMayBeSent() {
    // Pings every ten seconds are 25.92 MB a month.
    assertThat(month(27e6).exceedsBudget()).isTrue();
    assertThat(month(28e6).exceedsBudget()).isFalse();
    assertThat(month(28e6).over(2).exceedsBudget()).isTrue();
    assertThat(month(0).exceedsBudget()).isTrue();
    assertThat(month(20e6).leastBytesPerSecond() * SECONDS_PER_MONTH)
        .isCloseTo(26.92e6, within(1.0));
  }

  @Test
  void aRequestThatFollowsAPauseHasAPingAndOneUnderWayTheUsualOnes() {
    LinkUpkeep upkeep = month(0.5e9);
    double idle = upkeep.leastBytesPerSecond();

    assertThat(upkeep.bytesPerSecond(0.1, 0)).isCloseTo(idle + 10, within(1e-9));
    assertThat(upkeep.bytesPerSecond(0.1, 1))
        .isCloseTo(400 + upkeep.probeBytesPerSecond(), within(1e-9));
    assertThat(upkeep.bytesPerSecond(1000, 0))
        .as("no more than the usual ones")
        .isCloseTo(400 + upkeep.probeBytesPerSecond(), within(1e-9));
    assertThat(month(1e12).bytesPerSecond(0, 0) - month(1e12).probeBytesPerSecond())
        .as("usual pings are not added to")
        .isEqualTo(month(1e12).bytesPerSecond(5, 0.5) - month(1e12).probeBytesPerSecond());
  }

  @Test
  void moreRequestsAndLongerOnesNeverTakeLess() {
    Random random = new Random(3);
    for (int i = 0; i < 10_000; i++) {
      LinkUpkeep upkeep =
          month(Math.exp(10 + 15 * random.nextDouble())).over(1 + random.nextInt(3));
      double requests = 10 * random.nextDouble() * random.nextDouble();
      double busy = random.nextDouble();
      double sent = upkeep.bytesPerSecond(requests, busy);

      assertThat(upkeep.bytesPerSecond(requests * (1 + random.nextDouble()), busy))
          .isGreaterThanOrEqualTo(sent);
      assertThat(upkeep.bytesPerSecond(requests, busy + (1 - busy) * random.nextDouble()))
          .isGreaterThanOrEqualTo(sent * (1 - 1e-12));
      assertThat(sent).isGreaterThanOrEqualTo(upkeep.leastBytesPerSecond());
    }
  }

  @Test
  void refusesWhatIsNoUpkeep() {
    for (Runnable wrong :
        List.<Runnable>of(
            () -> new LinkUpkeep(-1, 0, 1, 1),
            () -> new LinkUpkeep(0, -1, 1, 1),
            () -> LinkUpkeep.USUAL.within(-1),
            () -> LinkUpkeep.USUAL.within(Double.NaN),
            () -> LinkUpkeep.USUAL.over(0),
            () -> LinkUpkeep.USUAL.bytesPerSecond(-1, 0),
            () -> LinkUpkeep.USUAL.bytesPerSecond(0, 1.1))) {
      assertThatThrownBy(wrong::run).isInstanceOf(IllegalArgumentException.class);
    }
  }
}

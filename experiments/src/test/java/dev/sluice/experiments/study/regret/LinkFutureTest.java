package dev.sluice.experiments.study.regret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.study.replay.Courses;
import dev.sluice.sim.link.Direction;
import dev.sluice.sim.link.LinkModel;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkFutureTest {
  private static final double ROUNDING_NANOS = 1000;
  private static final long START = 2_000_000_000L;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void knowsWhenBytesLeaveAnIdealLinkOfAnyTrace(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<LinkTrace.Step> steps = new ArrayList<>();
    long at = 0;
    for (int i = 0; i < 30; i++) {
      double rate = i % 4 == 3 ? 0 : random.nextDouble(1_000, 500_000);
      steps.add(new LinkTrace.Step(at, rate, 100_000, 50_000_000, i % 7 == 5));
      at += random.nextLong(50_000_000, 2_000_000_000);
    }
    LinkTrace trace = LinkTrace.of(steps, at, true);
    LinkFuture future = new LinkFuture(trace, START);
    for (int i = 0; i < 50; i++) {
      long begin = START + random.nextLong(40_000_000_000L);
      int bytes = random.nextInt(1, 14_000);
      LinkModel link = new LinkModel(trace, START, LinkOptions.IDEAL);
      long departed = link.connect(0).send(Direction.UPLINK, bytes, begin).departedNanos();

      assertThat((double) future.departedNanos(begin, bytes))
          .as("seed %d, %d bytes at %d", seed, bytes, begin)
          .isCloseTo(departed, within(ROUNDING_NANOS));
    }
  }

  @Test
  void waitsForAcknowledgementsBeyondTheFirstWindow() {
    LinkFuture future = new LinkFuture(Courses.link(14_480_000, 40, 0, 0), 0);

    /* The first window leaves in 1 ms and is acknowledged after 40; the second takes 0.5. */
    assertThat(future.payloadDepartedNanos(0, 14_480 + 7_240)).isEqualTo(40_500_000L);
    assertThat(future.payloadDepartedNanos(0, 14_480)).isEqualTo(1_000_000L);
  }

  @Test
  void doesNotComeWhereTheLinkStaysAway() {
    LinkTrace ends =
        LinkTrace.of(
            List.of(
                new LinkTrace.Step(0, 1000, 1000, 0, false),
                new LinkTrace.Step(1_000_000_000L, 1000, 1000, 0, true)));

    assertThat(new LinkFuture(ends, 0).departedNanos(0, 1001)).isEqualTo(LinkFuture.FAR_NANOS);
    assertThat(new LinkFuture(ends, 0).departedNanos(0, 1000)).isEqualTo(1_000_000_000L);
  }
}

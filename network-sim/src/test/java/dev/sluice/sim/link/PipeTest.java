package dev.sluice.sim.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sim.trace.LinkTrace;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PipeTest {
  private static final long MS = 1_000_000;
  private static final int PACKET = 1448;

  /** A packet takes 50 us, and then 5 ms. */
  private static final double RATE = PACKET / 50e-6;

  private final LinkModel link =
      new LinkModel(LinkTrace.constant(RATE, RATE, Duration.ofMillis(10)), 0, LinkOptions.IDEAL);
  private final EmbeddedChannel target = new EmbeddedChannel();
  private long now;
  private final Pipe pipe =
      new Pipe(link.connect(0).flow(Direction.UPLINK), link, () -> now, () -> {});

  PipeTest() {
    pipe.to(target);
  }

  @AfterEach
  void close() {
    target.finishAndReleaseAll();
  }

  @Test
  void handsOverFirstAndLastPacketOfASendingInTimeAndMergesTheOthers() {
    send(200);

    List<Long> wakeUps = new ArrayList<>();
    List<Integer> packets = new ArrayList<>();
    deliverAll(wakeUps, packets);

    // 200 packets last 10 ms: the first by itself, then what came in 2 ms each, then the last.
    assertThat(wakeUps).containsExactly(5_050L, 7_100L, 9_150L, 11_200L, 13_250L, 15_000L);
    assertThat(packets).containsExactly(1, 41, 41, 41, 41, 35);
    assertThat(pipe.worstLatenessNanos()).isLessThan(1_000);
  }

  @Test
  void tellsTwoSendingsApartThatAreOnTheWayTogether() {
    send(3);
    now = MS;
    send(3);

    List<Long> wakeUps = new ArrayList<>();
    deliverAll(wakeUps, new ArrayList<>());

    assertThat(wakeUps).containsExactly(5_050L, 5_150L, 6_050L, 6_150L);
  }

  @Test
  void noticesThatTheLastPacketOfASendingIsLate() {
    send(3);
    now = 9 * MS;
    pipe.deliver(now);

    assertThat(pipe.worstLatenessNanos() / 1_000).isEqualTo(3_950);
  }

  private void send(int packets) {
    pipe.received(Unpooled.buffer().writeZero(packets * PACKET));
    for (long start = pipe.nextStartNanos(LinkModel.NEVER);
        start != LinkModel.NEVER;
        start = pipe.nextStartNanos(LinkModel.NEVER)) {
      pipe.commitNext(start);
    }
  }

  /** Wakes up whenever the pipe wants it; times in microseconds. */
  private void deliverAll(List<Long> wakeUps, List<Integer> packets) {
    for (long next = pipe.deliver(now); next != LinkModel.NEVER; next = pipe.deliver(now)) {
      now = next;
      wakeUps.add(Math.round(now / 1e3));
      pipe.deliver(now);
      packets.add(pipe.takeDeliveredBytes() / PACKET);
    }
  }
}

package dev.sluice.sim.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.sim.link.Direction;
import dev.sluice.sim.link.LinkModel;
import dev.sluice.sim.link.LinkModel.Delivery;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RadioLinkTest {
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000_000_000L;

  /** What it costs to take acknowledgements by whole windows; none where one window is enough. */
  private static final double TOLERANCE = 0.06;

  @ParameterizedTest
  @CsvSource({"0.5, 2000", "5, 2000", "20, 2000", "0.5, 12000", "5, 12000", "50, 12000"})
  void sendsWhatFitsTheFirstWindowAsThePacketModelDoes(double megabits, int bytes) {
    agreesWithThePacketModel(megabits, bytes, 0.001);
  }

  @ParameterizedTest
  @CsvSource({"0.5, 60000", "5, 60000", "20, 60000", "50, 200000"})
  void sendsWhatIsLongerByRoundsOfSlowStart(double megabits, int bytes) {
    agreesWithThePacketModel(megabits, bytes, TOLERANCE);
  }

  private static void agreesWithThePacketModel(double megabits, int bytes, double tolerance) {
    LinkTrace trace =
        LinkTrace.builder()
            .phase(Duration.ofMillis(2_500), megabits, megabits, Duration.ofMillis(40))
            .phase(Duration.ofMillis(2_500), megabits / 4, megabits, Duration.ofMillis(40))
            .build()
            .looped();
    LinkModel.Connection oracle = new LinkModel(trace, 0, LinkOptions.DEFAULT).connect(0);
    RadioLink link = new RadioLink(RateTable.of(trace), 0, Outages.NONE, 40 * MILLI);
    SplittableRandom random = new SplittableRandom(1);
    long now = SECOND;
    for (int i = 0; i < 50; i++) {
      Delivery delivery = oracle.send(Direction.UPLINK, bytes, now);
      long arrives = link.arrivalNanos(link.send(bytes, now));
      double took = delivery.lastByteNanos() - now;
      assertThat((double) (arrives - now))
          .as("message %d at %d ms", i, now / MILLI)
          .isCloseTo(took, within(tolerance * took + 2_000));
      now = Math.max(now, delivery.departedNanos()) + 400 * MILLI + random.nextLong(SECOND);
    }
  }

  @Test
  void standsStillWhileItsCellIsOut() {
    RateTable rates = RateTable.of(SECOND, new double[] {1000});
    Outages out = Outages.of(SECOND, 3 * SECOND);
    RadioLink link = new RadioLink(rates, 0, out, 100 * MILLI);

    /* Half a second before, the rest of 1,000 bytes after two seconds of silence. */
    assertThat(link.send(1000, SECOND / 2)).isCloseTo(SECOND / 2 + 3 * SECOND, within(10L));
    assertThat(link.silentSince(2 * SECOND)).isEqualTo(SECOND);
    assertThat(link.silentSince(3 * SECOND)).isEqualTo(-1);
    assertThat(link.arrivalNanos(SECOND - 10)).isEqualTo(3 * SECOND);
    assertThat(link.bytesPerSecond(2 * SECOND)).isZero();
  }

  @Test
  void letsGoOfWhatIsGivenUp() {
    RadioLink link = new RadioLink(RateTable.of(SECOND, new double[] {1000}), 0, Outages.NONE, 0);
    link.send(10_000, 0);

    link.cutOff(2 * SECOND);

    assertThat(link.send(1000, SECOND)).isCloseTo(3 * SECOND, within(10L));
  }
}

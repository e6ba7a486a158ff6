package dev.sluice.sim.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.sim.link.LinkModel.Connection;
import dev.sluice.sim.link.LinkModel.Delivery;
import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.LinkTrace.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkModelTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000 * MS;

  /** A nanosecond of rounding up, and one of halving an odd round trip. */
  private static final long TOLERANCE_NANOS = 2;

  @Test
  void takesTheTimeOfTheBytesAndHalfTheRoundTrip() {
    Connection connection = ideal(LinkTrace.constant(1_000_000, 500_000, Duration.ofMillis(40)));

    // 100,000 bytes at 1 MB/s are 100 ms; the first packet of 1448 bytes is 1.448 ms.
    assertThat(connection.send(Direction.UPLINK, 100_000, 5 * MS))
        .isEqualTo(new Delivery(105 * MS, 26_448_000, 125 * MS));
    assertThat(connection.deliveryNanos(Direction.DOWNLINK, 100_000, 5 * MS)).isEqualTo(225 * MS);
  }

  @Test
  void queuesAMessageBehindTheOneBeforeIt() {
    Connection connection = ideal(LinkTrace.constant(1_000_000, 1_000_000, Duration.ZERO));

    assertThat(connection.deliveryNanos(Direction.UPLINK, 10_000, 0)).isEqualTo(10 * MS);
    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 2 * MS)).isEqualTo(11 * MS);
    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 20 * MS)).isEqualTo(21 * MS);
  }

  @Test
  void sharesTheTransmitterAmongConnections() {
    LinkModel link =
        new LinkModel(
            LinkTrace.constant(1_000_000, 1_000_000, Duration.ZERO), 0, LinkOptions.IDEAL);
    Connection one = link.connect(0);
    Connection other = link.connect(0);

    assertThat(one.deliveryNanos(Direction.UPLINK, 10_000, 0)).isEqualTo(10 * MS);
    assertThat(other.deliveryNanos(Direction.UPLINK, 1_000, 0)).isEqualTo(11 * MS);
    assertThat(other.deliveryNanos(Direction.DOWNLINK, 1_000, 0)).isEqualTo(MS);
  }

  @Test
  void sendsTheRestOfAMessageAtTheNewRate() {
    Connection connection =
        ideal(
            LinkTrace.of(
                List.of(
                    new Step(0, 1_000_000, 1, 0, false),
                    new Step(10 * MS, 100_000, 1, 0, false),
                    new Step(30 * MS, 4_000_000, 1, 0, false))));

    // 10,000 in 10 ms, 2,000 in 20 ms, 8,000 in 2 ms.
    assertThat(connection.deliveryNanos(Direction.UPLINK, 20_000, 0)).isEqualTo(32 * MS);
  }

  @Test
  void holdsEverythingInAnOutageAndLosesNothing() {
    LinkTrace trace =
        LinkTrace.of(
            List.of(
                new Step(0, 1_000_000, 1_000_000, 8 * MS, false),
                new Step(10 * MS, 1_000_000, 1_000_000, 8 * MS, true),
                new Step(110 * MS, 1_000_000, 1_000_000, 8 * MS, false)));
    Connection connection = ideal(trace);

    assertThat(connection.deliveryNanos(Direction.DOWNLINK, 1_000, 0)).isEqualTo(5 * MS);
    // Left in time, but the outage begins while it is under way.
    assertThat(connection.deliveryNanos(Direction.DOWNLINK, 1_000, 7 * MS)).isEqualTo(110 * MS);
    // Half sent when the outage begins; the other half leaves afterwards.
    assertThat(connection.deliveryNanos(Direction.DOWNLINK, 2_000, 9 * MS)).isEqualTo(115 * MS);
    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 50 * MS)).isEqualTo(115 * MS);
  }

  @Test
  void neverDeliversWhatALastingOutageHolds() {
    LinkTrace trace =
        LinkTrace.of(
            List.of(
                new Step(0, 1_000_000, 1_000_000, 8 * MS, false),
                new Step(10 * MS, 0, 0, 0, true)));
    Connection connection = new LinkModel(trace, 0, LinkOptions.DEFAULT).connect(0);

    assertThat(connection.deliveryNanos(Direction.UPLINK, 50_000, 0)).isEqualTo(LinkModel.NEVER);
    assertThat(connection.deliveryNanos(Direction.UPLINK, 1, 20 * MS)).isEqualTo(LinkModel.NEVER);
  }

  @Test
  void spendsARoundTripOnTheHandshake() {
    Connection connection =
        new LinkModel(
                LinkTrace.constant(1_000_000, 1_000_000, Duration.ofMillis(40)),
                0,
                LinkOptions.DEFAULT)
            .connect(100 * MS);

    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 100 * MS)).isEqualTo(161 * MS);
    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 200 * MS)).isEqualTo(221 * MS);
  }

  @Test
  void doublesWhatIsUnderWayEachRoundTripOfSlowStart() {
    // So fast that transmission hardly counts: what arrives is a burst per round trip.
    Connection connection =
        new LinkModel(
                LinkTrace.constant(1e12, 1e12, Duration.ofMillis(100)), 0, LinkOptions.DEFAULT)
            .connect(0);
    long open = 100 * MS;

    assertThat(millis(connection.deliveryNanos(Direction.UPLINK, 14_480, open))).isEqualTo(150);
    assertThat(millis(connection.deliveryNanos(Direction.UPLINK, 28_960, open))).isEqualTo(250);
    assertThat(millis(connection.deliveryNanos(Direction.UPLINK, 57_920, open))).isEqualTo(350);
    assertThat(millis(connection.deliveryNanos(Direction.UPLINK, 1, open))).isEqualTo(450);
  }

  @Test
  void keepsTheWindowWhileBusyAndRestartsItAfterIdleness() {
    LinkTrace trace = LinkTrace.constant(1e12, 1e12, Duration.ofMillis(100));
    Connection busy = new LinkModel(trace, 0, LinkOptions.DEFAULT).connect(0);
    Connection idle = new LinkModel(trace, 0, LinkOptions.DEFAULT).connect(0);
    busy.send(Direction.UPLINK, 43_440, 100 * MS);
    idle.send(Direction.UPLINK, 43_440, 100 * MS);

    // The last byte left at 200 ms; idle is more than 100 + 200 ms after that.
    assertThat(millis(busy.deliveryNanos(Direction.UPLINK, 57_920, 500 * MS))).isEqualTo(550);
    assertThat(millis(idle.deliveryNanos(Direction.UPLINK, 57_920, 501 * MS))).isEqualTo(751);
  }

  @Test
  void doesNotWidenAWindowThatIsNotUsed() {
    Connection connection =
        new LinkModel(
                LinkTrace.constant(1e12, 1e12, Duration.ofMillis(100)), 0, LinkOptions.DEFAULT)
            .connect(0);
    for (int i = 1; i <= 20; i++) {
      connection.send(Direction.UPLINK, 1_448, i * 200 * MS);
    }

    long now = 4_200 * MS;
    assertThat(millis(connection.deliveryNanos(Direction.UPLINK, 14_480, now))).isEqualTo(4_250);
    assertThat(millis(connection.deliveryNanos(Direction.UPLINK, 1, now))).isEqualTo(4_350);
  }

  @Test
  void beginsAnewAfterALongOutage() {
    LinkTrace trace =
        LinkTrace.of(
            List.of(
                new Step(0, 1e12, 1e12, 100 * MS, false),
                new Step(600 * MS, 1e12, 1e12, 100 * MS, true),
                new Step(1_600 * MS, 1e12, 1e12, 100 * MS, false)));
    Connection connection = new LinkModel(trace, 0, LinkOptions.DEFAULT).connect(0);
    connection.send(Direction.UPLINK, 100_000, 100 * MS);

    assertThat(millis(connection.deliveryNanos(Direction.UPLINK, 14_480, 610 * MS)))
        .isEqualTo(1_650);
    assertThat(millis(connection.deliveryNanos(Direction.UPLINK, 1, 610 * MS))).isEqualTo(1_750);
  }

  @Test
  void wakesTheRadioAfterSilenceEitherWay() {
    LinkOptions options =
        LinkOptions.IDEAL.withRadio(Duration.ofSeconds(5), Duration.ofMillis(300));
    Connection connection =
        new LinkModel(LinkTrace.constant(1_000_000, 1_000_000, Duration.ZERO), 0, options)
            .connect(0);

    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 0)).isEqualTo(301 * MS);
    assertThat(connection.deliveryNanos(Direction.DOWNLINK, 1_000, 5 * SECOND))
        .isEqualTo(5_001 * MS);
    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 10 * SECOND))
        .isEqualTo(10_001 * MS);
    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 15_100 * MS))
        .isEqualTo(15_401 * MS);
  }

  @Test
  void keepsTheFirstStepUntilTheTraceIsStarted() {
    LinkTrace trace =
        LinkTrace.of(
            List.of(
                new Step(0, 1_000_000, 1_000_000, 0, false),
                new Step(10 * MS, 100_000, 100_000, 0, false)));
    LinkModel link = new LinkModel(trace, LinkModel.NEVER, LinkOptions.IDEAL);
    Connection connection = link.connect(0);

    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 5 * SECOND)).isEqualTo(5_001 * MS);
    assertThat(link.positionNanos(5 * SECOND)).isZero();
    link.start(6 * SECOND);
    assertThat(link.positionNanos(6 * SECOND + 3)).isEqualTo(3);
    assertThat(connection.deliveryNanos(Direction.UPLINK, 1_000, 6_010 * MS)).isEqualTo(6_020 * MS);
    assertThatThrownBy(() -> link.start(7 * SECOND)).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void conservesBytesOnAnyTrace(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    LinkTrace trace = randomTrace(random, 50 * MS);
    long startNanos = random.nextLong(SECOND);
    Connection connection = new LinkModel(trace, startNanos, LinkOptions.IDEAL).connect(0);
    long now = startNanos;
    long busyUntil = 0;
    for (int i = 0; i < 200; i++) {
      now += random.nextLong(20 * MS);
      int bytes = 1 + random.nextInt(30_000);
      Delivery delivery = connection.send(Direction.UPLINK, bytes, now);

      // Oracle: the trace's own bytes between start and end, counted millisecond-free.
      long began = Math.max(now, busyUntil);
      assertThat(bytesBetween(trace, began - startNanos, delivery.departedNanos() - startNanos))
          .as("seed %d message %d", seed, i)
          .isCloseTo(bytes, within(0.05));
      assertThat(delivery.lastByteNanos()).isGreaterThanOrEqualTo(delivery.firstByteNanos());
      busyUntil = delivery.departedNanos();
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {8_000, 31_250, 2_500_000, 25_000_000})
  void doesNotAddUpRoundingOverManyPackets(double bytesPerSecond) {
    Connection connection =
        ideal(LinkTrace.constant(bytesPerSecond, bytesPerSecond, Duration.ZERO));
    long last = 0;
    int packets = 20_000;
    for (int i = 0; i < packets; i++) {
      last = connection.deliveryNanos(Direction.UPLINK, 1_447, 0);
    }
    assertThat((double) last)
        .isCloseTo(packets * 1_447L / bytesPerSecond * 1e9, within((double) TOLERANCE_NANOS));
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void neverDeliversEarlierForMoreBytesNorOutOfOrder(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    // One round trip: where it falls, who leaves later may well arrive earlier.
    LinkTrace trace = randomTrace(random, 1);
    LinkOptions options = LinkOptions.DEFAULT.withJitter(Duration.ofMillis(15), seed);
    Connection connection = new LinkModel(trace, 0, options).connect(0);
    List<Long> arrivals = new ArrayList<>();
    long now = 0;
    for (int i = 0; i < 300; i++) {
      now += random.nextLong(30 * MS);
      arrivals.add(connection.deliveryNanos(Direction.DOWNLINK, 1 + random.nextInt(20_000), now));
    }
    assertThat(arrivals).as("seed %d", seed).isSorted();

    long before = 0;
    for (int bytes = 1; bytes < 200_000; bytes += 777) {
      long arrives =
          new LinkModel(trace, 0, LinkOptions.DEFAULT)
              .connect(0)
              .deliveryNanos(Direction.UPLINK, bytes, 0);
      assertThat(arrives).as("seed %d bytes %d", seed, bytes).isGreaterThanOrEqualTo(before);
      before = arrives;
    }
  }

  @Test
  void answersAlikeForTheSameSeed() {
    LinkOptions options = LinkOptions.DEFAULT.withJitter(Duration.ofMillis(5), 42);
    assertThat(jittered(options)).isEqualTo(jittered(options));
    assertThat(jittered(options)).isNotEqualTo(jittered(LinkOptions.DEFAULT));
  }

  @Test
  void boundsTheQueueByTimeWithAFloor() {
    assertThat(LinkOptions.DEFAULT.queueBytes(0)).isEqualTo(16 << 10);
    assertThat(LinkOptions.DEFAULT.queueBytes(8_000)).isEqualTo(16 << 10);
    assertThat(LinkOptions.DEFAULT.queueBytes(2_500_000)).isEqualTo(625_000);
    assertThat(LinkOptions.DEFAULT.queueBytes(1e12)).isEqualTo(8 << 20);
  }

  @Test
  void refusesAMessageWithoutBytes() {
    Connection connection = ideal(LinkTrace.constant(1, 1, Duration.ZERO));
    assertThatThrownBy(() -> connection.send(Direction.UPLINK, 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> connection.send(Direction.UPLINK, 1, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Long> jittered(LinkOptions options) {
    Connection connection =
        new LinkModel(LinkTrace.constant(1_000_000, 1_000_000, Duration.ofMillis(10)), 0, options)
            .connect(0);
    List<Long> arrivals = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      arrivals.add(connection.deliveryNanos(Direction.UPLINK, 1_000, i * 10 * MS));
    }
    return arrivals;
  }

  private static Connection ideal(LinkTrace trace) {
    return new LinkModel(trace, 0, LinkOptions.IDEAL).connect(0);
  }

  private static long millis(long nanos) {
    return nanos / MS;
  }

  private static LinkTrace randomTrace(SplittableRandom random, long maxRoundTripNanos) {
    List<Step> steps = new ArrayList<>();
    long start = 0;
    for (int i = 0; i < 12; i++) {
      boolean outage = i % 4 == 3;
      steps.add(
          new Step(
              start,
              i % 5 == 2 ? 0 : 1_000 + random.nextDouble() * 2e6,
              1_000 + random.nextDouble() * 2e6,
              random.nextLong(maxRoundTripNanos) + MS,
              outage));
      start += MS + random.nextLong(80 * MS);
    }
    return LinkTrace.of(steps, start, true);
  }

  private static double bytesBetween(LinkTrace trace, long from, long to) {
    double bytes = 0;
    for (long at = from; at < to; ) {
      long end = Math.min(to, trace.nextChangeNanos(at));
      Step step = trace.stepAt(at);
      bytes += step.outage() ? 0 : step.uplinkBytesPerSecond() * (end - at) / 1e9;
      at = end;
    }
    return bytes;
  }
}

package dev.sluice.sim.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.sim.link.LinkModel.Connection;
import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.LinkTrace.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LossyLinkModelTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000 * MS;
  private static final LinkTrace FAST = LinkTrace.constant(1e12, 1e12, Duration.ofMillis(100));

  @Test
  void sendsALonePacketAgainAfterATimeout() {
    LinkModel link = losing(1);
    // Lost at 200 ms; a round trip and 200 ms later it is sent again and takes half a round trip.
    assertThat(arrivals(open(link), 1, 200 * MS)).containsExactly(550L);
  }

  @Test
  void doublesTheTimeoutEachTime() {
    LinkModel link = losing(1, 2, 3);
    // Timeouts of 300, 600 and 1,200 ms.
    assertThat(arrivals(open(link), 1, 200 * MS)).containsExactly(2_350L);
  }

  @Test
  void findsALossByThePacketAfterItAndAQuarterOfARoundTrip() {
    // The second is acknowledged at 300 ms, so at 325 the first is sent again.
    assertThat(arrivals(open(losing(1)), 2, 200 * MS)).containsExactly(375L, 250L);
  }

  @Test
  void findsALossAtOnceByThreePacketsAfterIt() {
    assertThat(arrivals(open(losing(1)), 4, 200 * MS)).containsExactly(350L, 250L, 250L, 250L);
  }

  @Test
  void probesForALostTailAfterTwoRoundTrips() {
    assertThat(arrivals(open(losing(3)), 3, 200 * MS)).containsExactly(250L, 250L, 450L);
  }

  @Test
  void holdsBackWhatIsBehindALossAtTheReceiver() {
    Connection connection = losing(3).connect(0);

    // The handshake is the first packet. Of four more the second is found missing by the fourth
    // and a quarter of a round trip; the third waits for it.
    LinkModel.Delivery delivery = connection.send(Direction.UPLINK, 4 * 1448, 200 * MS);

    assertThat(delivery.firstByteNanos() / MS).isEqualTo(250);
    assertThat(delivery.lastByteNanos() / MS).isEqualTo(375);
  }

  @Test
  void reducesItsWindowWhenALossIsFound() {
    Flow unharmed = open(losing());
    Flow harmed = open(losing(1));
    arrivals(unharmed, 40, 200 * MS);
    arrivals(harmed, 40, 200 * MS);

    assertThat(harmed.windowBytes()).isLessThan(unharmed.windowBytes() * 7 / 10);
  }

  @ParameterizedTest
  @CsvSource({"0.01, 1", "0.05, 1", "0.05, 6", "0.2, 1"})
  void deliversEverythingAtTheRateThatRetransmissionsLeave(double share, double burst) {
    // A short round trip, so that the window is not what bounds the rate.
    double rate = 125_000;
    LinkTrace trace = LinkTrace.constant(rate, rate, Duration.ofMillis(2));
    TcpOptions tcp = new TcpOptions(1448, 1 << 20, 1 << 20, 0, false, 0);
    LinkModel link = lossy(trace, Loss.bursty(share, burst), tcp);
    Connection connection = link.connect(0);
    int messages = 400;
    int bytes = 14_480;
    long last = 0;
    for (int i = 0; i < messages; i++) {
      long arrives = connection.deliveryNanos(Direction.UPLINK, bytes, 0);
      assertThat(arrives).isGreaterThanOrEqualTo(last);
      last = arrives;
    }

    double goodput = (double) messages * bytes / (last / 1e9);
    // Every lost packet costs its time; a tail that is lost costs an idle round trip as well.
    assertThat(goodput / rate).isLessThan(1.0 - share * 0.8).isGreaterThan((1 - share) * 0.6);
  }

  @Test
  void slowsDownUnderLossAsItsWindowDoes() {
    LinkTrace trace = LinkTrace.constant(12.5e6, 12.5e6, Duration.ofMillis(100));
    double clean = seconds(new LinkModel(trace, 0, LinkOptions.DEFAULT), 20_000_000);
    double lossy = seconds(lossy(trace, Loss.random(0.01), TcpOptions.DEFAULT), 20_000_000);
    // Mathis et al. (CCR 1997): 1448 * sqrt(1.5 / 0.01) / 0.1 s = 177 kB/s, so 113 s.
    assertThat(clean).isLessThan(4);
    assertThat(lossy).isCloseTo(113, within(40.0));
  }

  @Test
  void repeatsALostHandshakeAfterASecondAndThenTwo() {
    // The first three packets are lost for certain, whatever the seed: good follows only rarely.
    LinkModel link = lossy(FAST, new Loss(1, 1e-9, 0, 0.999), TcpOptions.DEFAULT);
    assertThat(link.connect(0).flow(Direction.UPLINK).reachedNanos())
        .isIn(LinkModel.NEVER, 1_050 * MS, 3_050 * MS, 7_050 * MS, 15_050 * MS, 31_050 * MS);
    Handshake delayed =
        new Handshake(
            new Timeline(FAST, 0),
            TcpOptions.DEFAULT.withHandshakeDelay(700 * MS),
            0,
            new LossProcess(Loss.NONE, new SplittableRandom(1)),
            new LossProcess(Loss.NONE, new SplittableRandom(1)));
    assertThat(delayed.reachedNanos()).isEqualTo(750 * MS);
    assertThat(delayed.openNanos()).isEqualTo(800 * MS);
  }

  @Test
  void answersTheSameWhenAskedTwice() {
    LinkModel link = new LinkModel(FAST, 0, LinkOptions.DEFAULT);
    Flow flow = open(link);
    for (int i = 0; i < 10; i++) {
      flow.send(1448, flow.nextNanos(1448, 200 * MS, 200 * MS));
    }
    // The window is full until the first acknowledgement, whoever asks and how often.
    for (int i = 0; i < 3; i++) {
      assertThat(flow.nextNanos(1448, 200 * MS, 201 * MS) / MS).isEqualTo(300);
    }
  }

  @Test
  void letsDelayGrowUnderLoadUpToTheBuffer() {
    LinkTrace trace = LinkTrace.constant(1_000_000, 1_000_000, Duration.ofMillis(40));
    LinkOptions options =
        LinkOptions.DEFAULT.withPath(
            Direction.UPLINK, path -> path.withBuffer(new Buffer.OfBytes(200_000)));
    LinkModel link = new LinkModel(trace, 0, options);
    Flow upload = open(link);
    Flow pings = open(link);
    long now = 100 * MS;
    long worst = 0;
    long best = LinkModel.NEVER;
    for (; now < 20 * SECOND; now += 10 * MS) {
      for (long at = upload.nextNanos(1448, 0, now);
          at <= now;
          at = upload.nextNanos(1448, 0, now)) {
        upload.send(1448, at);
      }
      long at = pings.nextNanos(100, now, now);
      if (at <= now) {
        Segment ping = pings.send(100, at);
        if (ping != null && ping.reachesNanos != LinkModel.NEVER && now > 5 * SECOND) {
          worst = Math.max(worst, ping.reachesNanos - now);
          best = Math.min(best, ping.reachesNanos - now);
        }
      }
    }
    // 200,000 bytes at 1 MB/s are 200 ms, half a round trip 20, a packet in service 1.5.
    assertThat(worst / MS).isBetween(180L, 222L);
    // After a loss the window has 0.7 of what filled path and buffer: never empty.
    assertThat(best / MS).isGreaterThan(40);
  }

  @Test
  void keepsItsRateThroughTheLossesOfAFullBuffer() {
    LinkTrace trace = LinkTrace.constant(1_000_000, 1_000_000, Duration.ofMillis(40));
    LinkOptions options =
        LinkOptions.DEFAULT.withPath(
            Direction.UPLINK, path -> path.withBuffer(new Buffer.OfTime(100 * MS)));
    assertThat(seconds(new LinkModel(trace, 0, options), 20_000_000)).isBetween(20.0, 22.0);
  }

  @Test
  void takesUpAChangeOfTheRateInTheMiddleOfWhatIsSent() {
    LinkModel link =
        new LinkModel(
            LinkTrace.of(List.of(new Step(0, 1_000, 1_000, 0, false), new Step(1, 0, 1, 0, false))),
            0,
            LinkOptions.IDEAL);
    Flow flow = link.connect(0).flow(Direction.UPLINK);
    Segment stuck = flow.send(1_000, flow.nextNanos(1_000, 0, 0));
    assertThat(stuck).isNotNull();
    assertThat(stuck.reachesNanos).isEqualTo(LinkModel.NEVER);

    link.change(SECOND, link.timeline().overrides().withRates(100_000.0, null));
    assertThat(stuck.reachesNanos).isEqualTo(SECOND + 10 * MS);
  }

  @Test
  void holdsWhatIsUnderWayDuringAnOutageThatIsCalledFor() {
    LinkModel link =
        new LinkModel(
            LinkTrace.constant(1_000_000, 1_000_000, Duration.ofMillis(40)), 0, LinkOptions.IDEAL);
    Flow flow = link.connect(0).flow(Direction.UPLINK);
    Segment first = flow.send(1_000, flow.nextNanos(1_000, 0, 0));
    Segment second = flow.send(1_000, flow.nextNanos(1_000, 0, 20 * MS));
    assertThat(first).isNotNull();
    assertThat(second).isNotNull();
    assertThat(second.reachesNanos).isEqualTo(22 * MS);

    link.change(10 * MS, link.timeline().overrides().withOutage(true));
    assertThat(first.reachesNanos).isEqualTo(LinkModel.NEVER);
    assertThat(flow.nextNanos(1_000, 11 * MS, 11 * MS)).isEqualTo(LinkModel.NEVER);

    link.change(500 * MS, link.timeline().overrides().withOutage(null));
    assertThat(first.reachesNanos).isEqualTo(500 * MS);
    assertThat(second.reachesNanos).isEqualTo(500 * MS);
  }

  @Test
  void sendsAgainWhatWasLostBeforeAnOutageWithoutAnEndOnceTheLinkIsBack() {
    LinkModel link = losing(endlessOutageAfter(210), 1);
    Flow flow = open(link);
    Segment lost = flow.send(1448, flow.nextNanos(1448, 200 * MS, 200 * MS));
    assertThat(lost).isNotNull();
    assertThat(flow.nextNanos(-1, 0, SECOND)).isEqualTo(LinkModel.NEVER);

    link.change(SECOND, link.timeline().overrides().withOutage(false));

    // As if it were acknowledged half a round trip after the end, at 1,050 ms: 850 ms after it was
    // sent. A timeout is that and 200 ms.
    long again = flow.nextNanos(-1, 0, LinkModel.NEVER);
    assertThat(again / MS).isEqualTo(1_250);
    flow.send(-1, again);
    assertThat(lost.reachesNanos / MS).isEqualTo(1_300);
  }

  @Test
  void findsALossByWhatAnOutageWithoutAnEndHeldBehindIt() {
    LinkModel link = losing(endlessOutageAfter(210), 1);
    Flow flow = open(link);
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      segments.add(flow.send(1448, flow.nextNanos(1448, 200 * MS, 200 * MS)));
    }

    link.change(SECOND, link.timeline().overrides().withOutage(false));

    // The other three arrive now and are acknowledged half a round trip later: three at once.
    assertThat(segments.get(3).reachesNanos).isEqualTo(SECOND);
    assertThat(flow.nextNanos(-1, 0, SECOND) / MS).isEqualTo(1_050);
  }

  @Test
  void goesOnAfterAnOutageWithoutAnEndThatHeldAcknowledgementsOnly() {
    LinkModel link = losing(endlessOutageAfter(270));
    Flow flow = open(link);
    for (int i = 0; i < 10; i++) {
      flow.send(1448, flow.nextNanos(1448, 200 * MS, 200 * MS));
    }
    // All are there at 250 ms, and the first window is used up.
    assertThat(flow.nextNanos(1448, 200 * MS, 290 * MS)).isEqualTo(LinkModel.NEVER);

    link.change(SECOND, link.timeline().overrides().withOutage(false));

    assertThat(flow.nextNanos(1448, 200 * MS, SECOND)).isEqualTo(SECOND);
  }

  @Test
  void startsWhatWaitedInAnOutageAtItsEndAndAtTheRate() {
    LinkModel link =
        new LinkModel(LinkTrace.constant(1e6, 1e6, Duration.ZERO), 0, LinkOptions.IDEAL);
    Flow flow = link.connect(0).flow(Direction.UPLINK);
    link.change(0, link.timeline().overrides().withOutage(true));
    link.change(SECOND, link.timeline().overrides().withOutage(null));

    for (int i = 1; i <= 3; i++) {
      Segment segment = flow.send(1_000, flow.nextNanos(1_000, 10 * MS, SECOND));
      assertThat(segment).isNotNull();
      assertThat(segment.reachesNanos).isEqualTo(SECOND + i * MS);
    }
  }

  @Test
  void endsAnOutageOfTheTraceEarlyForWhatItHolds() {
    LinkTrace trace =
        LinkTrace.of(
            List.of(
                new Step(0, 1e6, 1e6, 40 * MS, false),
                new Step(10 * MS, 1e6, 1e6, 40 * MS, true),
                new Step(60 * SECOND, 1e6, 1e6, 40 * MS, false)));
    LinkModel link = new LinkModel(trace, 0, LinkOptions.IDEAL);
    Flow flow = link.connect(0).flow(Direction.UPLINK);
    Segment held = flow.send(1_000, flow.nextNanos(1_000, 0, 0));
    assertThat(held).isNotNull();
    assertThat(held.reachesNanos).isEqualTo(60 * SECOND);

    link.change(SECOND, link.timeline().overrides().withOutage(false));

    assertThat(held.reachesNanos).isEqualTo(SECOND);
    assertThat(held.acknowledgedNanos).isEqualTo(SECOND + 20 * MS);
  }

  @Test
  void losesWhatFoundNoRoomWhileTheRateWasNothingAndSendsItAgain() {
    LinkOptions options =
        LinkOptions.DEFAULT.withPath(
            Direction.UPLINK, path -> path.withBuffer(new Buffer.OfBytes(3_000)));
    LinkModel link = new LinkModel(LinkTrace.constant(1e6, 1e6, Duration.ZERO), 0, options);
    link.change(0, link.timeline().overrides().withRates(0.0, null));
    Flow flow = open(link);
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      segments.add(flow.send(1448, flow.nextNanos(1448, 0, 0)));
    }

    link.change(SECOND, link.timeline().overrides().withRates(1e6, null));

    // 1,448 bytes take 1.448 ms; the third was not among what waited.
    assertThat(segments.get(1).reachesNanos).isEqualTo(SECOND + 2 * 1_448_000);
    Segment third = segments.get(2);
    assertThat(third.reachesNanos).isEqualTo(LinkModel.NEVER);
    long again = flow.nextNanos(-1, 0, LinkModel.NEVER);
    assertThat(again).isBetween(SECOND + 2 * 1_448_000, 2 * SECOND);
    flow.send(-1, again);
    assertThat(third.reachesNanos).isEqualTo(again + 1_448_000);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void answersAlikeForTheSameSeed(long seed) {
    LinkTrace trace = LinkTrace.constant(1e6, 1e6, Duration.ofMillis(30));
    assertThat(arrivals(trace, seed)).isEqualTo(arrivals(trace, seed)).isSorted();
    assertThat(arrivals(trace, seed)).isNotEqualTo(arrivals(trace, seed + 1));
  }

  private static List<Long> arrivals(LinkTrace trace, long seed) {
    LinkOptions options =
        LinkOptions.DEFAULT
            .withSeed(seed)
            .withPath(Direction.UPLINK, path -> path.withLoss(Loss.bursty(0.1, 3)));
    Connection connection = new LinkModel(trace, 0, options).connect(0);
    List<Long> arrivals = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      arrivals.add(connection.deliveryNanos(Direction.UPLINK, 5_000, i * 20 * MS));
    }
    return arrivals;
  }

  private static double seconds(LinkModel link, int bytes) {
    return link.connect(0).deliveryNanos(Direction.UPLINK, bytes, 0) / 1e9;
  }

  private static LinkModel lossy(LinkTrace trace, Loss loss, TcpOptions tcp) {
    return new LinkModel(
        trace,
        0,
        LinkOptions.DEFAULT.withTcp(tcp).withPath(Direction.UPLINK, path -> path.withLoss(loss)));
  }

  /** A flow without a handshake that could be lost. */
  private static Flow open(LinkModel link) {
    Handshake handshake =
        new Handshake(
            link.timeline(),
            TcpOptions.DEFAULT,
            0,
            new LossProcess(Loss.NONE, new SplittableRandom(1)),
            new LossProcess(Loss.NONE, new SplittableRandom(1)));
    return new Flow(link, Direction.UPLINK, handshake, new SplittableRandom(1));
  }

  /** Fast, and then out for good. */
  private static LinkTrace endlessOutageAfter(long millis) {
    return LinkTrace.of(
        List.of(
            new Step(0, 1e12, 1e12, 100 * MS, false),
            new Step(millis * MS, 1e12, 1e12, 100 * MS, true)));
  }

  /** A fast link whose uplink loses the packets of these numbers, counted from 1. */
  private static LinkModel losing(int... numbers) {
    return losing(FAST, numbers);
  }

  private static LinkModel losing(LinkTrace trace, int... numbers) {
    LossProcess scripted =
        new LossProcess(Loss.NONE, new SplittableRandom(1)) {
          private int number;

          @Override
          boolean next(double packetTimes) {
            number++;
            return Arrays.stream(numbers).anyMatch(lost -> lost == number);
          }
        };
    LossProcess none = new LossProcess(Loss.NONE, new SplittableRandom(1));
    return new LinkModel(trace, 0, LinkOptions.DEFAULT, scripted, none);
  }

  /** Sends so many packets at once and returns when each reaches the other end, in ms. */
  private static List<Long> arrivals(Flow flow, int packets, long ready) {
    List<Segment> segments = new ArrayList<>();
    int left = packets;
    while (true) {
      int bytes = left > 0 ? 1448 : -1;
      long at = flow.nextNanos(bytes, ready, LinkModel.NEVER);
      if (at == LinkModel.NEVER) {
        return segments.stream().map(segment -> segment.reachesNanos / MS).toList();
      }
      Segment fresh = flow.send(bytes, at);
      if (fresh != null) {
        left--;
        segments.add(fresh);
      }
    }
  }
}

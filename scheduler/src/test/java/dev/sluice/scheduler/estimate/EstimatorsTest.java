package dev.sluice.scheduler.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.function.LongToDoubleFunction;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EstimatorsTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;

  /** Frames every 200 ms and pings every 500 ms over a link, until a time. */
  private static final class Stream {
    final Estimators estimators = new Estimators();
    final FakeLink link;
    final int bytes;
    long now;
    int transfers;

    Stream(
        LongToDoubleFunction rate,
        LongToDoubleFunction roundTrip,
        int bytes,
        double noise,
        long seed) {
      link = new FakeLink(rate, roundTrip, noise, seed);
      this.bytes = bytes;
    }

    void until(long end) {
      for (; now < end; now += 100 * MS) {
        if (now % (500 * MS) == 0) {
          long ping = link.ping(now);
          estimators.onPing(ping, now + ping);
        }
        if (now % (200 * MS) == 100 * MS) {
          estimators.onArrival(now);
          estimators.onTransfer(link.send(now, bytes));
          transfers++;
        }
      }
    }

    Estimates estimates() {
      return estimators.at(now);
    }
  }

  @ParameterizedTest
  @CsvSource({"2500000,10,12000", "750000,50,6000", "125000,80,3000", "31250,80,1000"})
  void findsRateAndRoundTripOfASteadyLink(double rate, long roundTripMs, int bytes) {
    Stream stream = new Stream(t -> rate, t -> roundTripMs * MS, bytes, 0.03, 1);
    stream.until(10 * SECOND);

    Estimates estimates = stream.estimates();
    assertThat(estimates.link()).isEqualTo(LinkState.UP);
    assertThat(estimates.uplinkBytesPerSecond()).isCloseTo(rate, Percentage.withPercentage(30));
    assertThat(estimates.roundTripNanos())
        .isCloseTo(roundTripMs * MS, Percentage.withPercentage(10));
    assertThat(estimates.framePeriodNanos()).isEqualTo(200 * MS);
    assertThat(estimates.uplinkRelativeSd()).isLessThan(0.4);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 10})
  void followsATenfoldStepWithinThreeTransfers(double factor) {
    // 9 KB stand out of the round trip's noise at both rates.
    double before = factor > 1 ? 60_000 : 300_000;
    long step = 5 * SECOND;
    Stream stream =
        new Stream(t -> t < step + 95 * MS ? before : before * factor, t -> 40 * MS, 9000, 0.05, 3);
    stream.until(step);
    assertThat(stream.estimates().uplinkBytesPerSecond())
        .isCloseTo(before, Percentage.withPercentage(20));

    int transfers = stream.transfers;
    stream.until(step + 600 * MS);

    assertThat(stream.transfers - transfers).isEqualTo(3);
    assertThat(stream.estimates().uplinkBytesPerSecond())
        .isCloseTo(before * factor, Percentage.withPercentage(40));
  }

  @Test
  void isNotMovedFarByOneStall() {
    Stream stream = new Stream(t -> 300_000, t -> 40 * MS, 9000, 0.03, 4);
    stream.until(5 * SECOND);
    double before = stream.estimates().uplinkBytesPerSecond();

    // 400 ms late once, as after a lost packet.
    TransferSample sample = stream.link.send(stream.now, 9000);
    stream.estimators.onTransfer(
        new TransferSample(
            -1,
            sample.submittedNanos(),
            sample.replyReceivedNanos() + 400 * MS,
            9000,
            sample.workerFirstByteNanos(),
            sample.workerLastByteNanos(),
            sample.workerReplyNanos()));

    assertThat(stream.estimates().uplinkBytesPerSecond()).isBetween(before / 2, before * 1.2);
  }

  @Test
  void takesTheRateFromBytesThatTheWorkerCountedAsTheyCameIn() {
    Estimators estimators = new Estimators();
    // 30 KB in 100 ms behind the first segment, of a transfer that a slow start held up.
    estimators.onTransfer(
        new TransferSample(
            -1, 0, 400 * MS, 31_460, 180 * MS, 380 * MS, 381 * MS, 30_000, 100 * MS));
    assertThat(estimators.at(400 * MS).uplinkBytesPerSecond())
        .isCloseTo(300_000, Percentage.withPercentage(5));
  }

  @Test
  void expectsNoAnswerLaterForOneThatWasInNoHurry() {
    TransferSample waited = new TransferSample(-1, 0, 3100 * MS, 9000, 20 * MS, 50 * MS, 3050 * MS);
    Estimators none = new Estimators();
    Estimators hurried = new Estimators();
    Estimators noHurry = new Estimators();
    hurried.onTransfer(waited);
    noHurry.onTransferOfNoHurry(waited);
    assertThat(noHurry.at(3150 * MS).uplinkBytesPerSecond())
        .isEqualTo(hurried.at(3150 * MS).uplinkBytesPerSecond());
    for (Estimators each : new Estimators[] {none, hurried, noHurry}) {
      each.onPing(40 * MS, 3200 * MS);
      each.onSubmitted(1, 9000, 3300 * MS);
    }
    long later = 4300 * MS;
    assertThat(hurried.at(later).link()).as("such answers take long").isEqualTo(LinkState.UP);
    assertThat(noHurry.at(later).link()).isEqualTo(none.at(later).link());
  }

  @Test
  void takesNoRateFromTwoSegments() {
    Estimators estimators = new Estimators();
    estimators.onPing(40 * MS, 0);
    estimators.onTransfer(
        new TransferSample(-1, 0, 45 * MS, 2_920, 20 * MS, 24 * MS, 25 * MS, 1_460, 4 * MS));
    Estimators silent = new Estimators();
    silent.onPing(40 * MS, 0);
    silent.onTransfer(new TransferSample(-1, 0, 45 * MS, 2_920, 24 * MS, 24 * MS, 25 * MS));
    assertThat(estimators.at(50 * MS).uplinkBytesPerSecond())
        .isEqualTo(silent.at(50 * MS).uplinkBytesPerSecond());
  }

  @Test
  void neverCountsQueueingAsBandwidth() {
    // Frames of 30 KB every 200 ms at 150 KB/s just fit; bursts of three wait for each other.
    FakeLink link = new FakeLink(t -> 150_000, t -> 40 * MS, 0, 5);
    Estimators estimators = new Estimators();
    estimators.onPing(40 * MS, 0);
    for (int burst = 0; burst < 5; burst++) {
      long at = SECOND * (burst + 1);
      for (int i = 0; i < 3; i++) {
        estimators.onTransfer(link.send(at + i * 10 * MS, 20_000));
      }
    }

    assertThat(estimators.at(6 * SECOND).uplinkBytesPerSecond())
        .isCloseTo(150_000, Percentage.withPercentage(15));
  }

  @Test
  void mistakesADelayForLackOfRateNoLongerThanTwoPings() {
    long step = 5 * SECOND;
    Stream stream = new Stream(t -> 1e6, t -> t < step ? 10 * MS : 80 * MS, 4000, 0.03, 6);
    stream.until(step + 1100 * MS);

    assertThat(stream.estimates().roundTripNanos())
        .isCloseTo(80 * MS, Percentage.withPercentage(15));
    assertThat(stream.estimates().uplinkBytesPerSecond()).isGreaterThan(200_000);
  }

  @Test
  void saysAtLeastWherePayloadsDrownInNoise() {
    // 1 KB at 12 MB/s takes 0.1 ms; the round trip's noise is 1 ms.
    Stream stream = new Stream(t -> 12e6, t -> 20 * MS, 1000, 0.05, 7);
    stream.until(10 * SECOND);

    assertThat(stream.estimates().uplinkBytesPerSecond()).isBetween(200_000.0, 50e6);
  }

  @Test
  void learnsADropWhileTheTransferIsStillUnderWay() {
    Stream stream = new Stream(t -> 750_000, t -> 50 * MS, 6000, 0.03, 8);
    stream.until(5 * SECOND);
    stream.estimators.onSubmitted(99, 6000, stream.now);

    Estimates later = stream.estimators.at(stream.now + 300 * MS);

    assertThat(later.uplinkBytesPerSecond()).isLessThan(6000 / 0.2);
    assertThat(later.uplinkBytesPerSecond()).isGreaterThan(6000 / 0.3);
  }

  @Test
  void growsUncertainAndAsksForAProbeWhenNothingIsSent() {
    Stream stream = new Stream(t -> 300_000, t -> 40 * MS, 9000, 0.03, 9);
    stream.until(5 * SECOND);
    Estimates fresh = stream.estimates();
    Estimates old = stream.estimators.at(stream.now + 10 * SECOND);

    assertThat(fresh.probeWanted()).isFalse();
    assertThat(fresh.uplinkRelativeSd()).isLessThan(0.15);
    assertThat(old.uplinkRelativeSd()).isGreaterThan(0.4);
    assertThat(old.probeBytesWanted()).isBetween(1000, 12_000);

    stream.estimators.onProbeSent(stream.now + 10 * SECOND);
    assertThat(stream.estimators.at(stream.now + 10 * SECOND + 1).probeWanted()).isFalse();
    stream.estimators.onPing(40 * MS, stream.now + 10 * SECOND + 50 * MS);
    stream.estimators.onProbe(6000, 60 * MS, stream.now + 10 * SECOND + 60 * MS);
    assertThat(stream.estimators.at(stream.now + 11 * SECOND + 500 * MS).probeWanted()).isFalse();
  }

  @Test
  void findsTheRateAgainByProbesAlone() {
    // Congested until 10 s, then twenty-four times the rate; nothing but pings and probes after 5
    // s.
    FakeLink link = new FakeLink(t -> t < 10 * SECOND ? 31_250 : 750_000, t -> 60 * MS, 0.03, 10);
    Estimators estimators = new Estimators();
    for (long now = 0; now < 18 * SECOND; now += 250 * MS) {
      long ping = link.ping(now);
      estimators.onPing(ping, now + ping);
      if (now < 5 * SECOND) {
        estimators.onTransfer(link.send(now + 100 * MS, 2000));
      }
      int probe = estimators.at(now + 200 * MS).probeBytesWanted();
      if (probe > 0) {
        long at = now + 200 * MS;
        estimators.onProbeSent(at);
        TransferSample sample = link.send(at, probe);
        long elapsed = sample.replyReceivedNanos() - at - 3 * MS;
        estimators.onProbe(probe, elapsed, at + elapsed);
      }
      if (now == 9 * SECOND) {
        assertThat(estimators.at(now).uplinkBytesPerSecond())
            .isCloseTo(31_250, Percentage.withPercentage(60));
      }
    }

    assertThat(estimators.at(18 * SECOND).uplinkBytesPerSecond()).isGreaterThan(250_000);
  }

  /** A hundred frames a second, five of them always under way, and what probes are asked for. */
  private static final class Busy {
    final Estimators estimators = new Estimators();
    final FakeLink link;
    final int bytes;
    final Deque<TransferSample> underWay = new ArrayDeque<>();
    long now;
    long sent;
    long probed;
    long probeBack;
    int probe;
    long probeElapsed;

    Busy(double rate, int bytes) {
      this.bytes = bytes;
      link = new FakeLink(t -> rate, t -> 40 * MS, 0.002, 21);
      estimators.onPing(40 * MS, 0);
    }

    void until(long end) {
      for (; now < end; now += 10 * MS) {
        while (!underWay.isEmpty() && underWay.element().replyReceivedNanos() <= now) {
          estimators.onTransfer(underWay.remove());
        }
        if (probe > 0 && probeBack <= now) {
          estimators.onSharedProbe(probe, probeElapsed, now);
          probe = 0;
        }
        estimators.onArrival(now);
        TransferSample sample = link.send(now, bytes);
        estimators.onSubmitted(sample.requestId(), bytes, now);
        underWay.add(sample);
        sent += bytes;
        if (now % (500 * MS) == 0) {
          estimators.onPing(link.ping(now), now);
        }
        int wanted = now % (250 * MS) == 0 ? estimators.at(now).probeBytesWanted() : 0;
        if (wanted > 0) {
          estimators.onProbeSent(now);
          probe = wanted;
          probed += wanted;
          probeElapsed = link.send(now, wanted).replyReceivedNanos() - now - 3 * MS;
          probeBack = now + probeElapsed;
        }
      }
    }

    double rate() {
      return estimators.at(now).uplinkBytesPerSecond();
    }
  }

  @Test
  void probesBetweenFramesThatAreTooSmallToTellHowFastTheLinkIs() {
    Busy busy = new Busy(12_500_000, 1700);
    busy.until(240 * MS);
    double unprobed = busy.rate();
    assertThat(busy.probed).isZero();
    busy.until(20 * SECOND);

    // 1700 bytes within twice the noise of the round trip, which is held to be 2 ms at least;
    // 12,000
    // within 1 ms and twice the spread of pings, held to be 0.5 ms at least.
    assertThat(unprobed).isLessThan(1700 / 4e-3);
    assertThat(busy.rate()).isBetween(12_000 / 3e-3, 12_500_000.0);
    // The first one is free.
    assertThat(busy.probed).isBetween(12_000L, 12_000 + Math.round(0.02 * busy.sent));
  }

  @Test
  void framesThatFillTheLinkOrAreLargeAreNotDisturbedByProbes() {
    Busy slow = new Busy(200_000, 1700);
    slow.until(20 * SECOND);
    assertThat(slow.probed).isZero();
    assertThat(slow.rate()).isCloseTo(200_000, Percentage.withPercentage(30));

    // A probe is no larger than these: it would show no more.
    Busy large = new Busy(12_500_000, 9000);
    large.until(20 * SECOND);
    assertThat(large.probed).isZero();
  }

  @Test
  void goesDownOnSilenceAndUpWithTheFirstPong() {
    Stream stream = new Stream(t -> 300_000, t -> 40 * MS, 9000, 0.03, 11);
    assertThat(stream.estimators.at(0).link()).isEqualTo(LinkState.UNKNOWN);
    stream.until(5 * SECOND);
    stream.estimators.onPingSent(stream.now);

    assertThat(stream.estimators.at(stream.now + 300 * MS).link()).isEqualTo(LinkState.UP);
    assertThat(stream.estimators.at(stream.now + 1500 * MS).link()).isEqualTo(LinkState.DOWN);
    stream.estimators.onPing(50 * MS, stream.now + 8 * SECOND);
    assertThat(stream.estimators.at(stream.now + 8 * SECOND).link()).isEqualTo(LinkState.UP);
    assertThat(stream.estimators.at(stream.now + 8 * SECOND).probeWanted()).isTrue();
  }

  @Test
  void goesDownAfterTwoTimeoutsWithoutAnySignOfLife() {
    Stream stream = new Stream(t -> 300_000, t -> 40 * MS, 9000, 0.03, 12);
    stream.until(5 * SECOND);

    stream.estimators.onTimeout(stream.now + 200 * MS);
    assertThat(stream.estimators.at(stream.now + 200 * MS).link()).isEqualTo(LinkState.UP);
    stream.estimators.onTimeout(stream.now + 400 * MS);
    assertThat(stream.estimators.at(stream.now + 400 * MS).link()).isEqualTo(LinkState.DOWN);
  }

  @Test
  void takesASlowLinkThatStillAnswersForUp() {
    Stream stream = new Stream(t -> 300_000, t -> 40 * MS, 9000, 0.03, 13);
    stream.until(5 * SECOND);
    for (int i = 1; i <= 5; i++) {
      stream.estimators.onTimeout(stream.now + i * 200 * MS);
      stream.estimators.onPing(45 * MS, stream.now + i * 200 * MS + 10);
    }
    assertThat(stream.estimators.at(stream.now + SECOND).link()).isEqualTo(LinkState.UP);
  }

  @Test
  void doesNotLearnTheRateFromAnOutage() {
    Stream stream = new Stream(t -> 300_000, t -> 40 * MS, 9000, 0.03, 14);
    stream.until(5 * SECOND);
    double before = stream.estimates().uplinkBytesPerSecond();
    for (int i = 0; i < 5; i++) {
      stream.estimators.onSubmitted(1000 + i, 9000, stream.now + i * 200 * MS);
      stream.estimators.onTimeout(1000 + i, stream.now + i * 200 * MS + 190 * MS);
    }
    stream.estimators.onLinkState(LinkState.DOWN, stream.now + SECOND);

    assertThat(stream.estimators.at(stream.now + SECOND).uplinkBytesPerSecond())
        .isCloseTo(before, Percentage.withPercentage(5));
  }

  @Test
  void averagesTheScalesAndForgivesAStall() {
    Estimators estimators = new Estimators();
    assertThat(estimators.at(0).deviceScale()).isEqualTo(1);
    for (int i = 0; i < 30; i++) {
      estimators.onDeviceStage(40 * MS + (i % 3) * MS, MS);
      estimators.onWorker(2 * MS, 2 * MS, MS, 0);
    }
    estimators.onDeviceStage(4000 * MS, MS);

    assertThat(estimators.at(0).deviceScale()).isCloseTo(41, within(5.0));
    assertThat(estimators.at(0).workerScale()).isCloseTo(2, within(0.01));
    assertThat(estimators.at(0).workerQueueNanos()).isCloseTo(2 * MS, Percentage.withPercentage(1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void staysFiniteWhateverTheClocksSay(long seed) {
    Random random = new Random(seed);
    Estimators estimators = new Estimators();
    for (int i = 0; i < 2000; i++) {
      switch (random.nextInt(11)) {
        case 0 ->
            estimators.onTransfer(
                new TransferSample(
                    any(random) % 10,
                    any(random),
                    any(random),
                    (int) any(random),
                    any(random),
                    any(random),
                    any(random)));
        case 1 -> estimators.onPing(any(random), any(random));
        case 2 -> estimators.onSubmitted(any(random) % 10, (int) any(random), any(random));
        case 3 -> estimators.onTimeout(any(random) % 10, any(random));
        case 4 -> estimators.onArrival(any(random));
        case 5 -> estimators.onDeviceStage(any(random), any(random));
        case 6 -> estimators.onWorker(any(random), any(random), any(random), any(random));
        case 7 -> estimators.onProbe((int) any(random), any(random), any(random));
        case 8 -> estimators.onLinkState(LinkState.values()[random.nextInt(3)], any(random));
        case 9 -> estimators.onAbandoned(any(random) % 10, any(random));
        default -> estimators.onPingSent(any(random));
      }
      // The record itself refuses what is not finite or negative.
      assertThat(estimators.at(any(random))).as("seed %d, step %d", seed, i).isNotNull();
    }
  }

  private static long any(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> random.nextLong();
      case 1 -> -random.nextInt(1_000_000_000);
      case 2 -> 0;
      case 3 -> Long.MAX_VALUE - random.nextInt(100);
      default -> random.nextInt(2_000_000_000);
    };
  }

  @ParameterizedTest
  @CsvSource({"0.99, 60, true", "0.99, -50, true", "0.5, 60, false"})
  void blamesTheWorkerForRepliesThatStayAwayOnlyWhereItIsBusyAllTheTime(
      double busy, long pongAfterMs, boolean worker) {
    Stream stream = new Stream(t -> 750_000, t -> 20 * MS, 6000, 0.03, 5);
    stream.until(5 * SECOND);
    double rate = stream.estimates().uplinkBytesPerSecond();
    Estimators estimators = stream.estimators;
    estimators.onWorker(5 * MS, 10 * MS, 10 * MS, stream.now);
    estimators.onLoad(busy, 1);

    // Pongs come back as quickly as ever, though in one case never while a request is under way.
    for (int i = 0; i < 12; i++) {
      long sent = stream.now + i * 250 * MS;
      if (pongAfterMs < 0) {
        estimators.onPing(20 * MS, sent + pongAfterMs * MS);
      }
      estimators.onSubmitted(1000 + i, 6000, sent);
      if (pongAfterMs > 0) {
        estimators.onPing(20 * MS, sent + pongAfterMs * MS);
      }
      estimators.onTimeout(1000 + i, sent + 170 * MS);
    }

    Estimates after = estimators.at(stream.now + 12 * 250 * MS);
    assertThat(after.link()).isEqualTo(LinkState.UP);
    assertThat(after.workerQueueNanos() > 150 * MS).as("worker blamed").isEqualTo(worker);
    assertThat(after.uplinkBytesPerSecond())
        .as("rate")
        .satisfies(
            now -> {
              if (worker) {
                assertThat(now).isCloseTo(rate, Percentage.withPercentage(15));
              } else {
                assertThat(now).isLessThan(rate / 3);
              }
            });
  }

  @Test
  void noticesThatRepliesStayAway() {
    Estimators estimators = new Estimators();
    estimators.onLinkState(LinkState.UP, 0);
    assertThat(estimators.repliesStayAway(10 * SECOND)).as("nothing was sent").isFalse();
    estimators.onSubmitted(1, 1000, 10 * SECOND);
    estimators.onAbandoned(1, 10 * SECOND + 200 * MS);
    estimators.onSubmitted(2, 1000, 11 * SECOND);
    assertThat(estimators.repliesStayAway(11 * SECOND + 900 * MS)).isFalse();
    assertThat(estimators.repliesStayAway(12 * SECOND)).isTrue();
    estimators.onTransfer(
        new TransferSample(2, 11 * SECOND, 12 * SECOND, 1000, 10 * MS, 20 * MS, 25 * MS));
    assertThat(estimators.repliesStayAway(12 * SECOND)).isFalse();
    assertThat(estimators.repliesStayAway(20 * SECOND)).isFalse();
    estimators.onSubmitted(3, 1000, 20 * SECOND);
    estimators.onAbandoned(3, 20 * SECOND);
    // Pongs among requests that nobody answers in time say that the link is up, no more.
    estimators.onHeard(21 * SECOND);
    assertThat(estimators.repliesStayAway(22 * SECOND)).isTrue();
    estimators.onProbe(1000, 100 * MS, 23 * SECOND);
    assertThat(estimators.repliesStayAway(30 * SECOND)).as("a probe told").isFalse();
  }
}

package dev.sluice.edge;

import static dev.sluice.edge.FakeNetwork.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.upkeep.LinkUpkeep;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A link that nothing is expected of is neither measured nor kept up. */
class LinkAtRestTest {
  private static final Plan LOCAL = Plan.local(5, List.of());
  private static final Plan SPLIT = new Plan(1, "c", List.of());
  private static final Prediction NO_PREDICTION =
      new Prediction(LatencyDistribution.of(new long[] {1}), 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0);

  private final SimulatedLoop loop = new SimulatedLoop();
  private final FakeCloud cloud = new FakeCloud(loop);
  private Optional<EdgeSession> session = Optional.empty();
  private Plan plan = LOCAL;
  private Predicate<Estimates> keeps = imagined -> true;
  private long frames;

  @AfterEach
  void close() {
    session.ifPresent(EdgeSession::close);
  }

  private void open(SessionOptions options) {
    Planner planner =
        new Planner() {
          @Override
          public PlanDecision decide(Estimates e, Optional<Plan> current, long nowNanos) {
            return new PlanDecision(plan, "as the test says", NO_PREDICTION, true);
          }

          @Override
          public boolean wouldKeep(Plan current, Estimates imagined) {
            return keeps.test(imagined);
          }
        };
    session =
        Optional.of(
            EdgeSession.open(
                new Surroundings(
                    loop,
                    new EmulatedDevice(loop, Runnable::run, 1, 0, new Random(1)),
                    cloud,
                    new FakeNetwork(),
                    Runnable::run),
                FakeNetwork.PROFILE,
                planner,
                new Estimators(),
                options));
    loop.runUntil(loop.nanoTime());
  }

  /** Five frames a second, and a worker that answers pings and probes unless the link rests. */
  private void stream(int seconds) {
    for (int i = 0; i < 5 * seconds; i++) {
      long id = frames++;
      session
          .orElseThrow()
          .submit(new Frame(id, "frame " + id, new byte[12], 2, 2, loop.nanoTime()), answer -> {});
      loop.runUntil(loop.nanoTime() + 200 * MS);
      if (!cloud.resting) {
        cloud.listener.orElseThrow().onPong(10 * MS, 0, false);
        cloud.answerProbes(50 * MS);
      }
    }
  }

  private LinkState link() {
    return session.orElseThrow().status().estimates().link();
  }

  @Test
  void aLinkThatCouldNotBetterALocalPlanIsProbedOnceAndThenRests() {
    open(SessionOptions.of(150 * MS));
    stream(4);
    assertThat(cloud.resting).as("rests within four seconds").isFalse();
    stream(4);
    assertThat(cloud.resting).isTrue();
    assertThat(link()).isEqualTo(LinkState.RESTING);
    assertThat(cloud.probed).hasSize(1);
  }

  @Test
  void itWakesWhenABetterLinkWouldChangeThePlan() {
    open(SessionOptions.of(150 * MS));
    stream(8);
    keeps = imagined -> false;
    stream(3);
    assertThat(cloud.resting).isFalse();
    assertThat(link()).isEqualTo(LinkState.UP);
    assertThat(cloud.probed).as("probes, the first one included").hasSizeGreaterThan(1);
  }

  @Test
  void itDoesNotRestWhileAPerfectLinkWouldChangeThePlan() {
    keeps = imagined -> imagined.roundTripNanos() > 0;
    open(SessionOptions.of(150 * MS));
    stream(20);
    assertThat(cloud.resting).isFalse();
  }

  @Test
  void itDoesNotRestWhereASlowerDeviceWouldNeedIt() {
    keeps = imagined -> imagined.deviceScale() < 1.05;
    open(SessionOptions.of(150 * MS));
    stream(20);
    assertThat(cloud.resting).isFalse();
  }

  @Test
  void aPlanThatSendsKeepsTheLinkButNeedsNoProbesWhereAFasterOneWouldNotChangeIt() {
    plan = SPLIT;
    open(SessionOptions.of(150 * MS));
    stream(30);
    assertThat(cloud.resting).isFalse();
    assertThat(cloud.probed).as("probes, though its own transfers told the rate").isEmpty();
  }

  @Test
  void aPlanThatAFasterLinkWouldChangeHasItsLinkProbed() {
    keeps = imagined -> false;
    open(SessionOptions.of(150 * MS));
    stream(30);
    assertThat(cloud.probed).hasSizeGreaterThan(10);
  }

  @Test
  void whereTheRadioIsToBeSparedProbesAreTenSecondsApart() {
    keeps = imagined -> false;
    open(SessionOptions.of(150 * MS).keeping(LinkUpkeep.SPARING));
    stream(61);
    assertThat(cloud.probed).hasSizeBetween(6, 8);
  }

  @Test
  void whereAMonthIsBoundedProbesTakeTheirShareInTheLongRun() {
    keeps = imagined -> false;
    double bytesPerSecond = 1_000;
    LinkUpkeep upkeep = LinkUpkeep.USUAL.within(bytesPerSecond);
    open(SessionOptions.of(150 * MS).keeping(upkeep));
    stream(120);
    long bytes = cloud.probed.stream().mapToLong(Integer::longValue).sum();
    assertThat(bytes)
        .as("%s", cloud.probed)
        .isLessThanOrEqualTo((long) (0.05 * bytesPerSecond * 120) + 2 * 12_000)
        .isGreaterThan((long) (0.05 * bytesPerSecond * 120));
    int spared = cloud.probed.size();
    assertThat(session.orElseThrow().status().uplink().probes()).isEqualTo(bytes);

    session.orElseThrow().close();
    cloud.probed.clear();
    open(SessionOptions.of(150 * MS));
    stream(120);
    assertThat(cloud.probed).hasSizeGreaterThan(2 * spared);
  }

  /** A link that is in use leaves probes: only what went out is paid for and kept apart. */
  @Test
  void aProbeThatWasNotSentCostsNothingAndKeepsNoneFromGoingOut() {
    keeps = imagined -> false;
    cloud.leavesProbes = true;
    open(SessionOptions.of(150 * MS).keeping(LinkUpkeep.SPARING.within(1_000)));
    stream(20);
    SessionStatus status = session.orElseThrow().status();
    assertThat(status.uplink().probes()).isZero();
    assertThat(status.counters().probes()).isZero();

    cloud.leavesProbes = false;
    stream(3);
    status = session.orElseThrow().status();
    assertThat(cloud.probed).as("the last that was asked for is no ten seconds old").hasSize(1);
    assertThat(status.uplink().probes()).isEqualTo(cloud.probed.get(0).longValue());
    assertThat(status.counters().probes()).isEqualTo(1);
  }

  @Test
  void theAccountTellsRequestsFromWhatTheLinkTakes() {
    plan = SPLIT;
    open(SessionOptions.of(150 * MS));
    stream(30);
    for (int i = 0; i < 7; i++) {
      cloud.listener.orElseThrow().onPingSent();
    }
    SessionStatus status = session.orElseThrow().status();
    long payloads = cloud.sent.stream().mapToLong(request -> request.payload().bytes()).sum();
    assertThat(cloud.sent).isNotEmpty();
    assertThat(status.uplink().requests()).isEqualTo(payloads + 96L * cloud.sent.size());
    assertThat(status.uplink().pings()).isEqualTo(700);
    assertThat(status.uplink().total())
        .isEqualTo(status.uplink().requests() + status.uplink().upkeep());
    // 30 s of a month of 2,592,000.
    assertThat(status.uplinkBytesPerMonth())
        .isCloseTo(status.uplink().total() * 86_400.0, within(1.0));
  }

  @Test
  void itRestsThoughFramesStopBeforeItMay() {
    open(SessionOptions.of(150 * MS));
    stream(2);
    loop.runUntil(loop.nanoTime() + 60_000 * MS);
    assertThat(cloud.resting).isTrue();
  }

  @Test
  void itDoesNotRestWhileTheCloudOwesAnAnswer() {
    cloud.script = (request, done) -> cloud.replyAfter(20_000 * MS, request, done);
    plan = SPLIT;
    open(SessionOptions.of(150 * MS).withoutFallback(30_000 * MS));
    stream(1);
    plan = LOCAL;
    stream(15);
    assertThat(cloud.resting).as("rests while requests are out").isFalse();
    stream(15);
    assertThat(cloud.resting).as("rests when they are answered").isTrue();
  }

  @Test
  void aLinkThatIsBackIsProbedAtOnceThoughItWasNotNeededWhileItWasDown() {
    open(SessionOptions.of(150 * MS));
    cloud.link(LinkState.DOWN);
    stream(3);
    int before = cloud.probed.size();
    keeps = imagined -> false;
    cloud.link(LinkState.UP);
    stream(1);
    assertThat(cloud.probed).hasSizeGreaterThan(before);
  }

  @Test
  void aLinkThatIsWokenSoonRestsTheNextTimeLater() {
    open(SessionOptions.of(150 * MS));
    stream(8);
    keeps = imagined -> false;
    stream(3);
    keeps = imagined -> true;
    stream(8);
    assertThat(cloud.resting).as("rests again after eight seconds").isFalse();
    stream(6);
    assertThat(cloud.resting).as("rests again after fourteen").isTrue();
  }

  @Test
  void aCloudThatFailsToRestDoesNotEndPlanning() {
    cloud.restFails = true;
    open(SessionOptions.of(150 * MS));
    stream(8);
    plan = SPLIT;
    stream(1);
    assertThat(session.orElseThrow().status().decision().plan()).isEqualTo(SPLIT);
  }
}

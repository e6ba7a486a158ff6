package dev.sluice.edge;

import static dev.sluice.edge.FakeNetwork.MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudReply.LabelProbability;
import dev.sluice.edge.session.CloudReply.TransferTimes;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.TransferSample;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the session makes of a worker that gets busy and of a link that gets slow. */
class SessionUnderLoadTest {
  private static final long DEADLINE = 150 * MS;
  private static final Prediction NO_PREDICTION =
      new Prediction(LatencyDistribution.of(new long[] {1}), 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0);

  private final SimulatedLoop loop = new SimulatedLoop();
  private final FakeNetwork network = new FakeNetwork();
  private final FakeCloud cloud = new FakeCloud(loop);
  private final Estimators estimators = new Estimators();
  private final long start = loop.nanoTime();
  private long nextFrame;
  private EdgeSession session;

  @AfterEach
  void close() {
    session.close();
  }

  private void open(Profile profile, Planner planner) {
    session =
        EdgeSession.open(
            new Surroundings(
                loop,
                new EmulatedDevice(loop, Runnable::run, 1, 0, new Random(1)),
                cloud,
                network,
                Runnable::run),
            profile,
            planner,
            estimators,
            SessionOptions.of(DEADLINE));
    loop.runUntil(start);
    for (int i = 0; i < 10; i++) {
      estimators.onPing(10 * MS, start);
    }
    for (int i = 0; i < 3; i++) {
      estimators.onTransfer(
          new TransferSample(-1, start - 60 * MS, start, 100_000, 10 * MS, 55 * MS, 56 * MS));
    }
  }

  /** Five frames a second from now on. */
  private void stream(long seconds) {
    for (int i = 0; i < 5 * seconds; i++) {
      frame();
    }
  }

  /** One frame, a ping, and 200 ms for them. */
  private void frame() {
    long id = nextFrame++;
    session.submit(new Frame(id, "frame " + id, new byte[12], 2, 2, loop.nanoTime()), answer -> {});
    loop.runUntil(loop.nanoTime() + 200 * MS);
    cloud.listener.orElseThrow().onPong(10 * MS, 0, false);
  }

  @Test
  void probesBetweenSmallPayloadsThoughOneIsAlwaysUnderWay() {
    cloud.script = (request, done) -> cloud.replyAfter(100 * MS, request, done);
    open(
        FakeNetwork.PROFILE,
        (estimates, current, now) ->
            new PlanDecision(new Plan(0, "c", List.of()), "stays", NO_PREDICTION, true));
    loop.runUntil(start + 200 * MS);
    for (int i = 0; i < 10; i++) {
      estimators.onPing(95 * MS, loop.nanoTime());
    }
    // 1000 bytes within the noise of a round trip of 95 ms, every 40 ms.
    while (cloud.probes.isEmpty() && nextFrame < 50) {
      long id = nextFrame++;
      session.submit(new Frame(id, "frame", new byte[12], 2, 2, loop.nanoTime()), answer -> {});
      loop.runUntil(loop.nanoTime() + 40 * MS);
    }
    double believed = session.status().estimates().uplinkBytesPerSecond();
    assertThat(cloud.probes).containsExactly(12_000);
    assertThat(believed).isLessThan(3e6);

    // Back within 1 ms, and twice the least noise of 0.5 ms.
    cloud.listener.orElseThrow().onPong(96 * MS, 12_000, true);

    assertThat(session.status().estimates().uplinkBytesPerSecond())
        .isCloseTo(6e6, Percentage.withPercentage(1));
  }

  @Test
  void hearsOfTheWorkersLoadThoughItSendsNothing() {
    open(
        FakeNetwork.PROFILE,
        (estimates, current, now) ->
            new PlanDecision(Plan.local(5, List.of()), "stays", NO_PREDICTION, true));
    cloud.busy(0.9, 3);
    stream(1);
    assertThat(cloud.sent).isEmpty();
    assertThat(session.status().estimates().worker().utilisation()).isEqualTo(0.9);
    assertThat(session.status().estimates().workerScale()).isEqualTo(3);
  }

  @Test
  void takesARefusalOfAFullWorkerForAsBusyAsCanBe() {
    cloud.script =
        (request, done) -> done.accept(new CloudReply.Refused("OVERLOADED", "full", true, 0));
    open(
        FakeNetwork.PROFILE,
        (estimates, current, now) ->
            new PlanDecision(new Plan(1, "c", List.of()), "sends", NO_PREDICTION, true));
    stream(1);
    assertThat(session.status().estimates().worker().utilisation()).isEqualTo(1);
  }

  @Test
  void leavesABusyWorkerBeforeItRefusesAndComesBack() throws Exception {
    /* The fake network's cuts and times; the worker is twenty times as fast. */
    BundleFacts facts =
        SyntheticFacts.of(
            new SyntheticFacts.Shape(5, List.of(1, 3), 200, 10, 100_000_000, true), 1);
    cloud.load = new CloudReply.WorkerLoad(0, 0.1, 0.05);
    cloud.script = (request, done) -> cloud.replyAfter(16 * MS + cloud.queueNanos, request, done);
    open(
        facts.profile(),
        new Scheduler(
            facts,
            Objective.parse("p95_latency <= 140 ms; minimise mean_latency"),
            SchedulerOptions.defaults()));
    cloud.busy(0.1, 0.05);
    stream(10);
    double before = session.status().decision().prediction().workerComputeNanos();
    assertThat(session.status().decision().plan().usesCloud()).isTrue();
    assertThat(before).isPositive();

    cloud.queueNanos = 80 * MS;
    cloud.busy(0.97, 0.05);
    stream(30);
    assertThat(session.status().decision().prediction().workerComputeNanos())
        .as(session.status().decision().reason())
        .isLessThan(0.8 * before);
    assertThat(session.status().counters().refused()).isZero();

    cloud.queueNanos = 0;
    cloud.busy(0.1, 0.05);
    stream(60);
    assertThat(session.status().decision().prediction().workerComputeNanos())
        .as(session.status().decision().reason())
        .isGreaterThan(0.8 * before);
  }

  /**
   * A transfer is informative if its time stands out of the round trip's noise, so that the
   * estimators take a rate from it, or if it is given up, which bounds the rate.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.1, 10})
  void asksForAPlanWithinThreeInformativeTransfersOfATenfoldStep(double factor) {
    double before = factor > 1 ? 100_000 : 300_000;
    double after = before * factor;
    double[] rate = {before};
    double[] planned = {0};
    /* 9 KB take 30, 90 or 9 ms, all far more than the 0.5 ms of noise; or 300 ms, too long. */
    cloud.script =
        (request, done) -> {
          long submitted = loop.nanoTime();
          long net = 10 * MS + Math.round(9000 / rate[0] * 1e9);
          loop.at(
              submitted + net + 5 * MS,
              () ->
                  done.accept(
                      cloud.cancelled.contains(request.id())
                          ? new CloudReply.Cancelled()
                          : answered(submitted, net)));
        };
    open(
        FakeNetwork.PROFILE,
        (estimates, current, now) -> {
          planned[0] = estimates.uplinkBytesPerSecond();
          return new PlanDecision(new Plan(0, "c", List.of()), "sends", NO_PREDICTION, true);
        });
    for (int i = 0; i < 5; i++) {
      /* A quick worker: otherwise the device would answer first, alone. */
      estimators.onWorker(0, MS, 20 * MS, start);
    }
    stream(10);
    assertThat(planned[0]).isBetween(0.8 * before, 1.25 * before);

    rate[0] = after;
    int transfers = 0;
    while (planned[0] < after / 2 || planned[0] > after * 2) {
      frame();
      transfers++;
      assertThat(transfers).as("planned for %s", planned[0]).isLessThanOrEqualTo(3);
    }
  }

  private CloudReply.Answered answered(long submitted, long net) {
    return new CloudReply.Answered(
        2,
        List.of(new LabelProbability(2, 0.9)),
        new TransferTimes(
            submitted,
            submitted,
            submitted + net + 5 * MS,
            0,
            net,
            net,
            net + 5 * MS,
            net + 5 * MS,
            9000,
            60),
        new CloudReply.WorkerLoad(0, 0.1, 1));
  }
}

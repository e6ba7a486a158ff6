package dev.sluice.edge;

import static dev.sluice.edge.FakeNetwork.MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Place;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitState;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.TransferSample;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EdgeSessionTest {
  private static final long DEADLINE = 150 * MS;
  private static final long SLACK = 2 * MS;
  private static final Prediction NO_PREDICTION =
      new Prediction(LatencyDistribution.of(new long[] {1}), 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0);

  private final SimulatedLoop loop = new SimulatedLoop();
  private final FakeNetwork network = new FakeNetwork();
  private final FakeCloud cloud = new FakeCloud(loop);
  private final Estimators estimators = new Estimators();
  private final EmulatedDevice device =
      new EmulatedDevice(loop, Runnable::run, 1, 0, new Random(1));
  private final Map<Long, List<EdgeAnswer>> answers = new HashMap<>();
  private final long start = loop.nanoTime();
  private Plan plan = new Plan(1, "c", List.of(new ExitThreshold(0, 0.9)));
  private Executor background = Runnable::run;
  private SessionOptions options = SessionOptions.of(DEADLINE);
  private EdgeSession session;

  @AfterEach
  void leavesNothingOpen() {
    if (session != null) {
      session.close();
      loop.runUntil(loop.nanoTime() + 10_000 * MS);
      assertThat(network.open).as("samples left open").isZero();
      assertThat(network.openRoutes).as("routes left open").isZero();
    }
  }

  private void open() {
    Planner planner =
        (Estimates e, Optional<Plan> current, long now) ->
            new PlanDecision(plan, "as the test says", NO_PREDICTION, true);
    session =
        EdgeSession.open(
            new Surroundings(loop, device, cloud, network, background),
            FakeNetwork.PROFILE,
            planner,
            estimators,
            options);
    loop.runUntil(start);
    // A quick link and a quick worker, as earlier traffic would have shown.
    for (int i = 0; i < 10; i++) {
      estimators.onPing(10 * MS, start);
      estimators.onWorker(0, MS, 20 * MS, start);
    }
    for (int i = 0; i < 3; i++) {
      estimators.onTransfer(
          new TransferSample(-1, start - 60 * MS, start, 100_000, 10 * MS, 55 * MS, 56 * MS));
    }
    if (cloud.first != LinkState.UP) {
      estimators.onLinkState(cloud.first, start);
    }
  }

  /** Captures a frame at a time after the start and lets everything up to then happen. */
  private void frame(long id, long atMillis) {
    loop.runUntil(start + atMillis * MS);
    Frame frame = new Frame(id, "frame " + id, new byte[12], 2, 2, start + atMillis * MS);
    session.submit(
        frame, answer -> answers.computeIfAbsent(id, any -> new ArrayList<>()).add(answer));
  }

  private void after(long millis) {
    loop.runUntil(start + millis * MS);
  }

  private EdgeAnswer only(long id) {
    assertThat(answers.getOrDefault(id, List.of())).as("answers to frame " + id).hasSize(1);
    return answers.get(id).get(0);
  }

  private SessionStatus status() {
    return session.status();
  }

  @Test
  void stopsComputingAtAnExitThatIsSure() {
    network.confidence[0] = 0.95;
    open();
    frame(0, 0);
    after(1000);
    EdgeAnswer answer = only(0);
    assertThat(answer.place()).isEqualTo(Place.DEVICE);
    assertThat(answer.exit()).isZero();
    assertThat(answer.degraded()).isFalse();
    assertThat(answer.labelName()).isEqualTo("zero");
    assertThat(answer.latencyNanos()).isEqualTo(22 * MS);
    assertThat(network.ran).containsExactly("0-1");
    assertThat(network.encoded).isZero();
    assertThat(cloud.sent).isEmpty();
  }

  @Test
  void stopsWhereExitsAgreeAsOftenAsPatienceWants() {
    network.policy = Optional.of(new ExitPolicy.Patience(1));
    network.label[1] = 0;
    plan = Plan.local(5, List.of(new ExitThreshold(0, 1), new ExitThreshold(1, 1)));
    open();
    frame(0, 0);
    after(1000);
    assertThat(only(0).exit()).isEqualTo(1);
    assertThat(only(0).degraded()).isFalse();
    network.label[1] = 1;
    frame(1, 1001);
    after(2000);
    assertThat(only(1).exit()).as("no two agree").isEqualTo(2);
  }

  @Test
  void sendsWhatPatienceRemembersAlong() {
    network.policy = Optional.of(new ExitPolicy.Patience(2));
    network.label[1] = 0;
    plan = new Plan(3, "c", List.of(new ExitThreshold(0, 1), new ExitThreshold(1, 1)));
    open();
    frame(0, 0);
    frame(1, 1);
    after(1000);
    assertThat(cloud.sent).hasSize(2);
    for (CloudRequest sent : cloud.sent) {
      assertThat(sent.state()).isEqualTo(new ExitState(0, 1));
      assertThat(sent.exits()).isEmpty();
    }
  }

  @Test
  void countsNoExitTwiceWhenItBeginsAnewAlone() {
    // The worker does not answer: the device begins at the input again, where exit 0 comes anew.
    network.policy = Optional.of(new ExitPolicy.Patience(1));
    network.label[1] = 1;
    cloud.script = (request, done) -> {};
    plan = new Plan(0, "c", List.of(new ExitThreshold(0, 1), new ExitThreshold(1, 1)));
    open();
    frame(0, 0);
    after(1000);
    assertThat(only(0).place()).isEqualTo(Place.DEVICE);
    assertThat(only(0).exit()).as("no two agree, so the deepest").isEqualTo(2);
  }

  @Test
  void sendsWhatNoExitIsSureOfAndAnswersWithTheReply() {
    plan = new Plan(1, "c", List.of(new ExitThreshold(0, 0.9), new ExitThreshold(1, 0.8)));
    open();
    frame(0, 0);
    after(1000);
    EdgeAnswer answer = only(0);
    assertThat(answer.place()).isEqualTo(Place.CLOUD);
    assertThat(answer.exit()).isEqualTo(2);
    assertThat(answer.label()).isEqualTo(2);
    assertThat(answer.bytesSent()).isEqualTo(1000);
    assertThat(answer.workerComputeNanos()).isEqualTo(5 * MS);
    assertThat(answer.latencyNanos()).isEqualTo((1 + 21 + 2 + 30) * MS);
    assertThat(answer.timing().networkNanos()).isEqualTo(25 * MS);
    assertThat(cloud.sent.get(0).exits()).isEqualTo(Map.of(1, new ExitPolicy.Top1Above(0.8)));
    assertThat(cloud.cancelled).isEmpty();
  }

  @Test
  void neverStopsAtAThresholdAboveOneAndAlwaysAtZero() {
    network.confidence[0] = 1;
    plan = Plan.local(3, List.of(new ExitThreshold(0, 1.1), new ExitThreshold(1, 0)));
    open();
    frame(0, 0);
    after(1000);
    assertThat(only(0).exit()).isEqualTo(1);
    assertThat(only(0).degraded()).isFalse();
    assertThat(network.ran).containsExactly("0-1", "1-3");
  }

  @Test
  void computesTheWholeNetworkInOneStageWithoutExits() {
    plan = Plan.local(5, List.of());
    open();
    frame(0, 0);
    after(1000);
    assertThat(only(0).exit()).isEqualTo(2);
    assertThat(only(0).place()).isEqualTo(Place.DEVICE);
    assertThat(only(0).degraded()).isFalse();
    assertThat(network.ran).containsExactly("0-5");
  }

  @Test
  void computesTheNextFrameWhileOneWaitsForTheLink() {
    cloud.script = (request, done) -> cloud.replyAfter(60 * MS, request, done);
    open();
    frame(0, 0);
    frame(1, 5);
    after(1000);
    assertThat(only(0).latencyNanos()).isEqualTo(84 * MS);
    // The second begins when the first is encoded, not when it is answered.
    assertThat(only(1).latencyNanos()).isEqualTo((24 - 5 + 24 + 60) * MS);
  }

  @Test
  void answersOnceFromTheDeviceWhenTheWorkerIsKilled() {
    cloud.script =
        (request, done) ->
            loop.at(
                loop.nanoTime() + 10 * MS, () -> done.accept(new CloudReply.Lost("reset by peer")));
    open();
    frame(0, 0);
    after(1000);
    EdgeAnswer answer = only(0);
    assertThat(answer.place()).isEqualTo(Place.DEVICE);
    assertThat(answer.exit()).as("as deep as the deadline allows").isEqualTo(2);
    assertThat(answer.latencyNanos()).isLessThanOrEqualTo(DEADLINE);
    assertThat(status().counters().lost()).isEqualTo(1);
  }

  @Test
  void answersOnceByTheDeadlineWhenTheReplyIsLate() {
    plan = new Plan(4, "c", List.of(new ExitThreshold(1, 0.9)));
    network.confidence[2] = 0.99;
    cloud.script = (request, done) -> cloud.replyAfter(400 * MS, request, done);
    device.run(new dev.sluice.edge.session.Work<>("nothing", 0, () -> "nothing"), finished -> {});
    open();
    frame(0, 0);
    // Another frame keeps the device from finishing the first one alone.
    frame(1, 80);
    after(140);
    frame(2, 140);
    after(2000);
    for (long id = 0; id < 3; id++) {
      assertThat(only(id).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
    }
    assertThat(status().counters().lateReplies()).isEqualTo(cloud.sent.size());
    assertThat(cloud.cancelled).hasSize(cloud.sent.size());
  }

  @Test
  void ignoresASecondReply() {
    cloud.script =
        (request, done) -> {
          cloud.replyAfter(20 * MS, request, done);
          cloud.replyAfter(25 * MS, request, done);
        };
    open();
    frame(0, 0);
    after(1000);
    assertThat(only(0).place()).isEqualTo(Place.CLOUD);
    assertThat(status().counters().lateReplies()).isEqualTo(1);
  }

  @Test
  void goesOnAloneWhenTheWorkerRefuses() {
    cloud.script =
        (request, done) -> done.accept(new CloudReply.Refused("OVERLOADED", "try later", true, 0));
    open();
    frame(0, 0);
    after(1000);
    EdgeAnswer answer = only(0);
    assertThat(answer.place()).isEqualTo(Place.DEVICE);
    assertThat(answer.exit()).isEqualTo(2);
    assertThat(network.ran).containsExactly("0-1", "1-3", "3-5");
    assertThat(status().counters().refused()).isEqualTo(1);
  }

  @Test
  void keepsAnsweringThroughAnOutageAndCancelsWhatIsStale() {
    cloud.script = (request, done) -> {};
    open();
    for (int i = 0; i < 10; i++) {
      frame(i, i * 200L);
      if (i == 3) {
        cloud.link(LinkState.DOWN);
      }
      if (i == 7) {
        cloud.link(LinkState.UP);
        cloud.script = (request, done) -> cloud.replyAfter(30 * MS, request, done);
      }
    }
    after(4000);
    for (int i = 0; i < 10; i++) {
      assertThat(only(i).dropped()).isFalse();
      assertThat(only(i).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
    }
    assertThat(only(9).place()).isEqualTo(Place.CLOUD);
    assertThat(cloud.cancelled).as("none of the unanswered is left").contains(0L, 1L, 2L);
    assertThat(cloud.sent)
        .extracting(r -> r.id())
        .as("nothing is sent into an outage")
        .doesNotContain(5L, 6L);
  }

  @Test
  void answersEveryFrameOfABurstOnce() {
    open();
    for (int i = 0; i < 40; i++) {
      frame(i, i < 20 ? 0 : 3);
    }
    after(3000);
    int dropped = 0;
    for (int i = 0; i < 40; i++) {
      EdgeAnswer answer = only(i);
      dropped += answer.dropped() ? 1 : 0;
      assertThat(answer.latencyNanos()).isLessThanOrEqualTo(DEADLINE);
      if (answer.dropped()) {
        assertThat(answer.reason()).contains("overload");
        assertThat(answer.label()).isEqualTo(-1);
      }
    }
    assertThat(dropped).isBetween(1, 39);
    assertThat(status().counters().dropped()).isEqualTo(dropped);
    assertThat(status().counters().answered()).isEqualTo(40);
  }

  @Test
  void hedgesToADeeperExitWhenTheLinkIsInDoubt() {
    cloud.first = LinkState.UNKNOWN;
    cloud.script = (request, done) -> {};
    open();
    frame(0, 0);
    after(1000);
    EdgeAnswer answer = only(0);
    assertThat(network.ran).containsExactly("0-1", "1-3", "3-5");
    assertThat(answer.exit()).isEqualTo(2);
    assertThat(answer.latencyNanos()).isEqualTo((1 + 21 + 2 + 41 + 40) * MS);
    assertThat(answer.degraded()).isFalse();
    assertThat(cloud.cancelled).containsExactly(0L);
  }

  @Test
  void doesNotHedgeWhileTheReplyIsNotAtRisk() {
    cloud.script = (request, done) -> cloud.replyAfter(20 * MS, request, done);
    open();
    frame(0, 0);
    after(1000);
    frame(1, 1000);
    after(2000);
    assertThat(only(1).place()).isEqualTo(Place.CLOUD);
    assertThat(status().counters().hedgedSteps()).isZero();
  }

  /** Lets replies be due while an exit is still in reach, but not the deepest. */
  private void slowLink() {
    for (int i = 0; i < 20; i++) {
      estimators.onPing(60 * MS, start + (300 + i) * MS);
    }
  }

  @Test
  void sparesTheDeviceAReplyThatIsDueWhileAnExitIsStillInReach() {
    cloud.script = (request, done) -> cloud.replyAfter(60 * MS, request, done);
    open();
    slowLink();
    frame(0, 400);
    after(1000);
    assertThat(only(0).place()).isEqualTo(Place.CLOUD);
    /* The deepest exit was in reach until 60 ms, the reply came at 84. */
    assertThat(only(0).latencyNanos()).isGreaterThan(80 * MS);
    assertThat(status().counters().hedgedSteps()).isZero();
  }

  @Test
  void answersWithTheNextExitWhenAReplyThatWasDueDoesNotCome() {
    cloud.script = (request, done) -> {};
    open();
    slowLink();
    frame(0, 400);
    after(1000);
    assertThat(network.ran).containsExactly("0-1", "1-3");
    assertThat(only(0).exit()).isEqualTo(1);
    assertThat(only(0).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
  }

  @Test
  void stillReachesTheNextExitThoughTimersAreLate() {
    cloud.script = (request, done) -> {};
    open();
    slowLink();
    loop.lateNanos = MS;
    frame(0, 400);
    after(1000);
    assertThat(network.ran).containsExactly("0-1", "1-3");
    assertThat(only(0).exit()).isEqualTo(1);
    assertThat(only(0).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
  }

  @Test
  void stillReachesTheDeepestExitOfAPictureThoughTimersAreLate() {
    plan = new Plan(0, "c", List.of());
    cloud.script = (request, done) -> {};
    open();
    loop.lateNanos = MS;
    frame(0, 0);
    after(1000);
    assertThat(only(0).exit()).isEqualTo(2);
    assertThat(only(0).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
  }

  @Test
  void beginsNoDeeperExitThatTheNextFrameWouldWaitFor() {
    options = options.withEagerHedge(true);
    cloud.script = (request, done) -> {};
    open();
    for (int i = 0; i < 4; i++) {
      frame(i, i * 100L);
    }
    after(1000);
    /* 24 ms of its own and 41 to the next exit fit before the next frame, 40 more do not. */
    assertThat(only(2).exit()).isEqualTo(1);
    assertThat(only(1).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
  }

  /** Of the plan's own 23 ms and the 41 to the nearest exit, both do not fit into 60. */
  @Test
  void keepsTheDeviceForTheNextFrameAsLongAsAnExitStaysInReach() {
    options = options.withEagerHedge(true);
    plan = new Plan(1, "c", List.of());
    cloud.script = (request, done) -> cloud.replyAfter(50 * MS, request, done);
    open();
    for (int i = 0; i < 6; i++) {
      frame(i, i * 60L);
    }
    after(1000);
    assertThat(only(4).place()).isEqualTo(Place.CLOUD);
    assertThat(only(4).timing().waitNanos()).isZero();
    assertThat(only(5).timing().waitNanos()).isZero();
  }

  @Test
  void takesTheDeviceFromTheNextFrameWhenAnExitWouldGetOutOfReach() {
    options = options.withEagerHedge(true);
    plan = new Plan(1, "c", List.of());
    cloud.script =
        (request, done) -> {
          if (request.id() < 4) {
            cloud.replyAfter(50 * MS, request, done);
          }
        };
    open();
    for (int i = 0; i < 6; i++) {
      frame(i, i * 60L);
    }
    after(1000);
    assertThat(only(4).exit()).isEqualTo(1);
    assertThat(only(4).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
  }

  @Test
  void goesOnToTheDeepestExitWhenTheNextFrameDoesNotCome() {
    options = SessionOptions.of(180 * MS).withEagerHedge(true);
    cloud.script =
        (request, done) -> {
          if (request.id() < 3) {
            cloud.replyAfter(20 * MS, request, done);
          }
        };
    open();
    for (int i = 0; i < 4; i++) {
      frame(i, i * 100L);
    }
    after(1000);
    assertThat(only(3).exit()).isEqualTo(2);
    /* 24 ms of its own, 41 to the next exit, then until the next frame is overdue, and 40. */
    assertThat(only(3).latencyNanos()).isEqualTo((100 + 2 + 40) * MS);
  }

  @Test
  void goesOnAtOnceWhereDeviceComputeIsFree() {
    options = options.withEagerHedge(true);
    cloud.script = (request, done) -> {};
    open();
    frame(0, 0);
    after(1000);
    EdgeAnswer answer = only(0);
    assertThat(network.ran).containsExactly("0-1", "1-3", "3-5");
    assertThat(answer.exit()).isEqualTo(2);
    assertThat(answer.latencyNanos()).isEqualTo((1 + 21 + 2 + 41 + 40) * MS);
  }

  @Test
  void lettingTheNextFrameGoBeforeAHedge() {
    cloud.first = LinkState.UNKNOWN;
    cloud.script = (request, done) -> {};
    open();
    frame(0, 0);
    // Comes while the hedge computes 1-3, which ends at 65 ms.
    frame(1, 30);
    after(1000);
    assertThat(network.ran.subList(0, 3)).containsExactly("0-1", "1-3", "0-1");
    assertThat(only(0).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
    assertThat(only(1).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
  }

  @Test
  void swapsAPlanInOnlyWhenItIsCompiled() {
    Deque<Runnable> later = new ArrayDeque<>();
    background = later::add;
    open();
    // The decision, and then whether its link is needed.
    later.remove().run();
    after(1);
    later.remove().run();
    after(1);
    assertThat(later).isEmpty();
    Plan old = plan;
    plan = Plan.local(5, List.of());
    frame(0, 300);
    after(560);
    frame(1, 600);
    after(900);
    assertThat(only(0).split()).isEqualTo(old.split());
    assertThat(only(1).split()).as("the new plan is not ready").isEqualTo(old.split());
    while (!later.isEmpty()) {
      later.remove().run();
    }
    frame(2, 1000);
    after(2000);
    assertThat(only(2).split()).isEqualTo(5);
    assertThat(status().counters().planChanges()).isEqualTo(1);
  }

  /** Plans take longer to compile than frames take to come: frames must not feel it. */
  @Test
  void letsNoFrameWaitForACompilationInAHundredPlanSwitches() {
    network.confidence[0] = 0.95;
    List<Plan> plans =
        List.of(
            new Plan(1, "c", List.of(new ExitThreshold(0, 0.9))),
            new Plan(3, "c", List.of(new ExitThreshold(0, 0.8), new ExitThreshold(1, 0.8))));
    plan = plans.get(0);
    background = task -> loop.at(loop.nanoTime() + 120 * MS, task);
    open();
    long frames = 0;
    while (status().counters().planChanges() < 100 && frames < 10_000) {
      plan = plans.get((int) ((status().counters().planChanges() + 1) % 2));
      frame(frames, 25 * frames);
      frames++;
    }
    after(25 * frames + 1000);
    assertThat(status().counters().planChanges()).isGreaterThanOrEqualTo(100);
    for (long id = 0; id < frames; id++) {
      assertThat(only(id).exit()).isZero();
      assertThat(only(id).latencyNanos()).as("frame %d", id).isEqualTo(22 * MS);
    }
  }

  @Test
  void keepsAFrameOnItsPlan() {
    open();
    frame(0, 0);
    after(10);
    plan = Plan.local(5, List.of());
    cloud.link(LinkState.UP);
    after(1000);
    assertThat(only(0).split()).isEqualTo(1);
    assertThat(only(0).place()).isEqualTo(Place.CLOUD);
  }

  @Test
  void beginsTheFallbackOfAPictureAtTheLatestMoment() {
    plan = new Plan(0, "c", List.of());
    cloud.script = (request, done) -> {};
    open();
    frame(0, 0);
    after(20);
    assertThat(network.ran).isEmpty();
    after(1000);
    EdgeAnswer answer = only(0);
    assertThat(network.ran).as("the deepest exit is still in reach").hasSize(3);
    assertThat(answer.exit()).isEqualTo(2);
    assertThat(answer.latencyNanos())
        .as("begun late")
        .isGreaterThan(DEADLINE - 25 * MS)
        .isLessThanOrEqualTo(DEADLINE - SLACK);
  }

  @Test
  void needsNoFallbackWhenTheReplyToAPictureIsEarly() {
    plan = new Plan(0, "c", List.of());
    cloud.script = (request, done) -> cloud.replyAfter(20 * MS, request, done);
    open();
    frame(0, 0);
    after(1000);
    assertThat(only(0).place()).isEqualTo(Place.CLOUD);
    assertThat(network.ran).isEmpty();
  }

  @Test
  void freesTheDeviceWhenAReplyComesInTheMidstOfAHedge() {
    plan = new Plan(0, "c", List.of());
    cloud.first = LinkState.UNKNOWN;
    cloud.script = (request, done) -> cloud.replyAfter(30 * MS, request, done);
    open();
    frame(0, 0);
    frame(1, 40);
    after(1000);
    assertThat(only(0).place()).isEqualTo(Place.CLOUD);
    assertThat(network.ran).as("a stage of 40 ms had begun").startsWith("0-1", "1-3");
    assertThat(only(1).latencyNanos())
        .as("it did not wait for the end of that")
        .isEqualTo(only(0).latencyNanos())
        .isLessThan(40 * MS);
  }

  @Test
  void givesWayToANewFrameInTheMidstOfAHedgeAndGoesOnBehindIt() {
    plan = new Plan(0, "c", List.of());
    options = options.withEagerHedge(true);
    cloud.script = (request, done) -> cloud.replyAfter(80 * MS, request, done);
    open();
    frame(0, 0);
    frame(1, 10);
    after(1000);
    assertThat(only(1).latencyNanos())
        .as("it did not wait for the stage of 20 ms that had begun")
        .isEqualTo(only(0).latencyNanos());
    assertThat(network.ran).as("begun, and anew behind the new frame").startsWith("0-1", "0-1");
    assertThat(status().counters().failures()).isZero();
  }

  @Test
  void doesNotGiveWayWhereTheFirstExitWouldGetOutOfReach() {
    plan = new Plan(2, "c", List.of());
    cloud.first = LinkState.UNKNOWN;
    cloud.script = (request, done) -> {};
    open();
    frame(0, 0);
    frame(1, 60);
    after(1000);
    assertThat(only(0).dropped()).isFalse();
    assertThat(only(0).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
  }

  @Test
  void rescuesAnUnansweredPictureBeforeANewFrame() {
    plan = new Plan(0, "c", List.of());
    cloud.script = (request, done) -> {};
    open();
    for (int i = 0; i < 6; i++) {
      frame(i, i * 30L);
    }
    after(3000);
    for (int i = 0; i < 6; i++) {
      assertThat(only(i).latencyNanos()).isLessThanOrEqualTo(DEADLINE);
    }
    assertThat(only(0).dropped()).isFalse();
  }

  @Test
  void waitsForItsPlanWithoutFallback() {
    options = options.withoutFallback(600 * MS);
    cloud.script =
        (request, done) ->
            cloud.replyAfter(request.id() == 0 ? 400 * MS : 5000 * MS, request, done);
    plan = new Plan(2, "c", List.of());
    open();
    frame(0, 0);
    frame(1, 200);
    after(6000);
    assertThat(only(0).place()).isEqualTo(Place.CLOUD);
    assertThat(only(0).latencyNanos()).isEqualTo(443 * MS);
    assertThat(only(1).dropped()).isTrue();
    assertThat(only(1).latencyNanos()).isEqualTo(600 * MS);
    assertThat(network.ran).containsExactly("0-2", "0-2");
  }

  @Test
  void answersALocalPlanThatIsTooSlowWithTheBestExitInReach() {
    options = SessionOptions.of(100 * MS);
    plan = Plan.local(5, List.of());
    open();
    frame(0, 0);
    after(1000);
    assertThat(only(0).exit()).isEqualTo(1);
    assertThat(only(0).degraded()).isTrue();
    assertThat(only(0).latencyNanos()).isLessThanOrEqualTo(100 * MS);
  }

  @Test
  void dropsAFrameWhoseComputationFailsAndGoesOn() {
    network.breakStages = true;
    open();
    frame(0, 0);
    after(300);
    network.breakStages = false;
    frame(1, 400);
    after(1000);
    assertThat(only(0).dropped()).isTrue();
    assertThat(only(0).reason()).contains("broken");
    assertThat(only(1).dropped()).isFalse();
  }

  @Test
  void learnsTheSpeedOfTheDeviceBeforeTheFirstFrame() {
    EmulatedDevice slow = new EmulatedDevice(loop, Runnable::run, 3, 0, new Random(1));
    Planner planner =
        (e, current, now) -> new PlanDecision(plan, "as the test says", NO_PREDICTION, true);
    session =
        EdgeSession.open(
            new Surroundings(loop, slow, cloud, network, background),
            FakeNetwork.PROFILE,
            planner,
            estimators,
            options);
    List<Long> ready = new ArrayList<>();
    session.warmUp(
        new Frame(0, "blank", new byte[12], 2, 2, start), () -> ready.add(loop.nanoTime()));
    after(1000);
    assertThat(ready).hasSize(1);
    assertThat(status().estimates().deviceScale())
        .isCloseTo(3, org.assertj.core.api.Assertions.within(0.3));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void answersEveryFrameOnceWhateverTheCloudDoes(long seed) {
    Random random = new Random(seed);
    List<Plan> plans =
        List.of(
            plan,
            new Plan(0, "c", List.of()),
            new Plan(3, "c", List.of(new ExitThreshold(0, 0.9))),
            new Plan(4, "c", List.of()),
            Plan.local(3, List.of(new ExitThreshold(1, 0))),
            Plan.local(5, List.of(new ExitThreshold(0, 0.8))));
    if (seed % 4 == 0) {
      options = options.withoutFallback(500 * MS);
    }
    cloud.script =
        (request, done) -> {
          switch (random.nextInt(7)) {
            case 0 -> {}
            case 1 -> done.accept(new CloudReply.Lost("at once"));
            case 2 -> done.accept(new CloudReply.Refused("OVERLOADED", "busy", true, 0));
            case 3 -> {
              cloud.replyAfter(random.nextInt(200) * MS, request, done);
              cloud.replyAfter(random.nextInt(200) * MS, request, done);
            }
            case 4 ->
                loop.at(
                    loop.nanoTime() + random.nextInt(100) * MS,
                    () -> done.accept(new CloudReply.Lost("later")));
            case 5 -> cloud.replyAfter(random.nextInt(1000) * MS, request, done);
            default -> cloud.replyAfter(random.nextInt(60) * MS, request, done);
          }
        };
    open();
    long at = 0;
    for (int i = 0; i < 300; i++) {
      frame(i, at);
      at += random.nextInt(60);
      for (int exit = 0; exit < 3; exit++) {
        network.confidence[exit] = 0.4 + 0.6 * random.nextDouble();
      }
      if (random.nextInt(10) == 0) {
        plan = plans.get(random.nextInt(plans.size()));
        cloud.link(LinkState.values()[random.nextInt(3)]);
      }
      network.breakStages = random.nextInt(50) == 0;
    }
    network.breakStages = false;
    after(at + 5000);
    long dropped = 0;
    for (int i = 0; i < 300; i++) {
      EdgeAnswer answer = only(i);
      dropped += answer.dropped() ? 1 : 0;
      assertThat(answer.latencyNanos()).isLessThanOrEqualTo(options.patienceNanos());
    }
    assertThat(status().counters().submitted()).isEqualTo(300);
    assertThat(status().counters().answered()).isEqualTo(300);
    assertThat(status().counters().dropped()).isEqualTo(dropped);
    assertThat(status().outstanding()).isZero();
  }
}

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
import dev.sluice.edge.session.Surroundings;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.profile.CompanionInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Plans that send the picture though the device has computed, to its own network or another. */
class SentPicturesTest {
  private static final Prediction NO_PREDICTION =
      new Prediction(LatencyDistribution.of(new long[] {1}), 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0);
  private static final String DIGEST = "c0".repeat(32);

  private final SimulatedLoop loop = new SimulatedLoop();
  private final FakeNetwork network = new FakeNetwork();
  private final FakeCloud cloud = new FakeCloud(loop);
  private final Estimators estimators = new Estimators();
  private final long start = loop.nanoTime();
  private final List<EdgeAnswer> answers = new ArrayList<>();
  private final List<Boolean> told = new ArrayList<>();
  private Plan plan = picture(Sends.PICTURE);
  private SessionOptions options = SessionOptions.of(400 * MS);
  private EdgeSession session;

  SentPicturesTest() {
    /* The companion's class 2 is the bundle's class 0. */
    network.companion =
        Optional.of(
            new CompanionInfo(CompanionInfo.VERSION, "big", DIGEST, 50 * MS, List.of(1, 2, 0)));
  }

  private static Plan picture(Sends sends) {
    return new Plan(3, "c", List.of(new ExitThreshold(0, 0.9), new ExitThreshold(1, 0.9)), sends);
  }

  private static Plan cascade() {
    return new Plan(5, "c", List.of(new ExitThreshold(2, 0.8)), Sends.COMPANION);
  }

  private void run() {
    Planner planner =
        new Planner() {
          @Override
          public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
            return new PlanDecision(plan, "as the test says", NO_PREDICTION, true);
          }

          @Override
          public void companionServed(boolean served) {
            told.add(served);
          }
        };
    session =
        EdgeSession.open(
            new Surroundings(
                loop,
                new EmulatedDevice(loop, Runnable::run, 1, 0, new Random(1)),
                cloud,
                network,
                Runnable::run),
            FakeNetwork.PROFILE,
            planner,
            estimators,
            options);
    loop.runUntil(start);
    for (int i = 0; i < 10; i++) {
      estimators.onPing(10 * MS, start);
      estimators.onWorker(0, MS, 20 * MS, start);
    }
    session.submit(new Frame(0, "frame", new byte[12], 2, 2, start), answers::add);
    loop.runUntil(start + 2000 * MS);
  }

  @AfterEach
  void leavesNothingOpen() {
    session.close();
    loop.runUntil(loop.nanoTime() + 10_000 * MS);
    assertThat(network.open).as("samples left open").isZero();
    assertThat(network.openRoutes).as("routes left open").isZero();
    assertThat(answers).as("answers to the frame").hasSize(1);
  }

  @Test
  void sendsThePictureAfterTheDevicesExitsAndAsksOnlyThoseBehind() {
    plan =
        new Plan(
            1, "c", List.of(new ExitThreshold(0, 0.9), new ExitThreshold(1, 0.8)), Sends.PICTURE);
    run();

    CloudRequest sent = cloud.sent.get(0);
    assertThat(sent.cut()).isZero();
    assertThat(sent.codec()).isEqualTo("c");
    assertThat(sent.model()).isEmpty();
    assertThat(sent.exits()).isEqualTo(Map.of(1, new ExitPolicy.Top1Above(0.8)));
    assertThat(answers.get(0).place()).isEqualTo(Place.CLOUD);
    assertThat(answers.get(0).exit()).isEqualTo(2);
    assertThat(network.ran).containsExactly("0-1");
    assertThat(network.encoded).isEqualTo(1);
    assertThat(answers.get(0).latencyNanos()).isEqualTo((1 + 21 + 2 + 30) * MS);
  }

  @Test
  void stillStopsAtAnExitThatIsSure() {
    network.confidence[1] = 0.95;
    run();

    assertThat(answers.get(0).exit()).isEqualTo(1);
    assertThat(answers.get(0).place()).isEqualTo(Place.DEVICE);
    assertThat(cloud.sent).isEmpty();
  }

  @Test
  void goesOnFromTheSplitWhereNoReplyComes() {
    cloud.script = (request, done) -> done.accept(new CloudReply.Lost("reset"));
    run();

    assertThat(network.ran).containsExactly("0-1", "1-3", "3-5");
    assertThat(answers.get(0).exit()).isEqualTo(2);
    assertThat(answers.get(0).place()).isEqualTo(Place.DEVICE);
  }

  @Test
  void asksTheCompanionAndTranslatesItsClasses() {
    plan = picture(Sends.COMPANION);
    run();

    CloudRequest sent = cloud.sent.get(0);
    assertThat(sent.model()).isEqualTo(DIGEST);
    assertThat(sent.cut()).isZero();
    assertThat(sent.exits()).isEmpty();
    EdgeAnswer answer = answers.get(0);
    assertThat(answer.place()).isEqualTo(Place.CLOUD);
    assertThat(answer.labelName()).as("the companion said class 2").isEqualTo("zero");
    assertThat(answer.top().get(1).name()).as("and then class 0").isEqualTo("one");
    assertThat(answer.exit()).as("behind the final exit").isEqualTo(3);
    assertThat(answer.degraded()).isFalse();
  }

  @Test
  void asksTheCompanionWhereTheWholeNetworkIsNotSure() {
    plan = cascade();
    network.confidence[2] = 0.7;
    run();

    assertThat(network.ran).containsExactly("0-5");
    assertThat(cloud.sent).hasSize(1);
    assertThat(answers.get(0).reason()).isEqualTo("the companion answered");
  }

  @Test
  void asksNobodyWhereTheWholeNetworkIsSure() {
    plan = cascade();
    network.confidence[2] = 0.8;
    run();

    assertThat(cloud.sent).isEmpty();
    assertThat(answers.get(0).exit()).isEqualTo(2);
    assertThat(answers.get(0).degraded()).isFalse();
  }

  @Test
  void waitsForTheCompanionThoughItHasComputedItsOwnFinalExit() {
    plan = picture(Sends.COMPANION);
    options = options.withEagerHedge(true);
    cloud.script = (request, done) -> cloud.replyAfter(200 * MS, request, done);
    run();

    assertThat(network.ran).containsExactly("0-1", "1-3", "3-5");
    assertThat(answers.get(0).place()).isEqualTo(Place.CLOUD);
    assertThat(answers.get(0).exit()).isEqualTo(3);
  }

  @Test
  void answersByItselfByTheDeadlineWhenTheCompanionIsLate() {
    plan = cascade();
    network.confidence[2] = 0.7;
    cloud.script = (request, done) -> {};
    run();

    assertThat(answers.get(0).exit()).isEqualTo(2);
    assertThat(answers.get(0).degraded()).isTrue();
    assertThat(answers.get(0).latencyNanos()).isLessThanOrEqualTo(400 * MS);
  }

  @Test
  void tellsThePlannerWhenTheWorkerHasNoSuchCompanionUntilTheLinkComesUpAnew() {
    plan = cascade();
    network.confidence[2] = 0.7;
    cloud.script =
        (request, done) ->
            done.accept(new CloudReply.Refused("UNKNOWN_MODEL", "not here", false, 0));
    run();

    assertThat(answers.get(0).exit()).isEqualTo(2);
    assertThat(answers.get(0).place()).isEqualTo(Place.DEVICE);
    assertThat(told).contains(true).last().isEqualTo(false);

    cloud.link(LinkState.UP);
    loop.runUntil(loop.nanoTime() + 100 * MS);
    assertThat(told).last().isEqualTo(true);
  }

  private void refuseTheCompanionAfter(long nanos) {
    plan = cascade();
    network.confidence[2] = 0.7;
    cloud.script =
        (request, done) ->
            loop.at(
                loop.nanoTime() + nanos,
                () -> done.accept(new CloudReply.Refused("UNKNOWN_MODEL", "not here", false, 0)));
  }

  /** Another frame, so that plans are decided again. */
  private void goOn() {
    Frame next = new Frame(told.size(), "later", new byte[12], 2, 2, loop.nanoTime());
    session.submit(next, answer -> {});
    loop.runUntil(loop.nanoTime() + 1000 * MS);
  }

  @Test
  void asksForTheCompanionAgainAfterAMinuteThoughTheLinkWasNeverDown() {
    refuseTheCompanionAfter(0);
    run();
    assertThat(told).last().isEqualTo(false);

    plan = Plan.local(5, List.of());
    loop.runUntil(start + 50_000 * MS);
    goOn();
    assertThat(told).as("within the minute").last().isEqualTo(false);
    loop.runUntil(start + 62_000 * MS);
    goOn();
    assertThat(told).last().isEqualTo(true);
  }

  @Test
  void heedsThatThereIsNoCompanionAlsoAfterTheAnswer() {
    refuseTheCompanionAfter(500 * MS);
    run();
    assertThat(answers.get(0).latencyNanos()).isLessThanOrEqualTo(400 * MS);
    assertThat(told).last().isEqualTo(false);
  }

  @Test
  void heedsThatThereIsNoCompanionAlsoWhenItHearsThatOnlyAfterTheCancel() {
    plan = cascade();
    network.confidence[2] = 0.7;
    cloud.script = (request, done) -> {};
    run();
    assertThat(cloud.cancelled).containsExactly(0L);
    refuseLate("");
    assertThat(told).as("it was the bundle that the worker does not have").doesNotContain(false);
    refuseLate(DIGEST);
    assertThat(told).last().isEqualTo(false);
  }

  private void refuseLate(String model) {
    CloudReply.Refused refusal = new CloudReply.Refused("UNKNOWN_MODEL", "not here", false, 0);
    loop.execute(() -> cloud.listener.orElseThrow().onLateRefusal(model, refusal));
    loop.runUntil(loop.nanoTime() + 100 * MS);
  }
}

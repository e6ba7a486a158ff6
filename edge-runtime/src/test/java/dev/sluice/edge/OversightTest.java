package dev.sluice.edge;

import static dev.sluice.edge.FakeNetwork.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.session.AuditReport;
import dev.sluice.edge.session.CloudReply;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.EnergyReport;
import dev.sluice.edge.session.ExitOversight;
import dev.sluice.edge.session.ExitReport;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Oversight;
import dev.sluice.edge.session.Place;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.drift.AuditOptions;
import dev.sluice.scheduler.drift.DriftOptions;
import dev.sluice.scheduler.drift.DriftReport;
import dev.sluice.scheduler.drift.DriftState;
import dev.sluice.scheduler.drift.Recalibration;
import dev.sluice.scheduler.drift.Recalibration.Change;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.estimate.TransferSample;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.BundleFacts.CutFact;
import dev.sluice.scheduler.profile.BundleFacts.ExitFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a session watches beside answering: drift, audits, energy. */
class OversightTest {
  private static final double SURE = 0.95;
  private static final double UNSURE = 0.5;

  /** Share of frames that exit 0 is sure about, in the tables. */
  private static final double EARLY = 0.6;

  private static final long PERIOD = 200;
  private static final long AUDITS = 1L << 62;
  private static final Plan PLAN = new Plan(1, "c", List.of(new ExitThreshold(0, 0.9)));
  private static final Prediction NO_PREDICTION =
      new Prediction(LatencyDistribution.of(new long[] {1}), 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0);
  private static final BundleFacts FACTS = facts();

  private final SimulatedLoop loop = new SimulatedLoop();
  private final FakeNetwork network = new FakeNetwork();
  private final FakeCloud cloud = new FakeCloud(loop);
  private final Estimators estimators = new Estimators();
  private final List<EdgeAnswer> answers = new ArrayList<>();
  private final List<Recalibration> heard = new ArrayList<>();
  private final long start = loop.nanoTime();
  private final Random dice = new Random(7);
  private long deadline = 150 * MS;
  private Plan plan = PLAN;
  private boolean keeps;
  private EdgeSession session;
  private long frames;

  /** Whether thresholds are raised where audits say so. */
  private boolean takesUp;

  @AfterEach
  void leavesNothingOpen() {
    if (session != null) {
      session.close();
      loop.runUntil(loop.nanoTime() + 60_000 * MS);
      assertThat(network.open).as("samples left open").isZero();
      assertThat(network.openRoutes).as("routes left open").isZero();
    }
  }

  private static BundleFacts facts() {
    return new BundleFacts(
        5,
        List.of(new ExitFact(0, 1), new ExitFact(1, 3), new ExitFact(2, 5)),
        List.of(0, 1, 2, 3, 4, 5).stream().map(cut -> new CutFact(cut, cut / 5.0)).toList(),
        List.of(new CodecFact(1, "c")),
        FakeNetwork.PROFILE,
        table(Role.SELECT, 1),
        table(Role.CERTIFY, 2));
  }

  private static CalibrationTable table(Role role, long seed) {
    int samples = 2000;
    Random random = new Random(seed);
    CalibrationTable.Builder table =
        CalibrationTable.builder(
            role, 3, samples, new int[] {1, 3, 5}, List.of(new Variant(1, "c")));
    for (int s = 0; s < samples; s++) {
      table.sample(s, 0, -1).payload(0, s, 1000);
      double first = random.nextDouble() < EARLY ? SURE : UNSURE;
      table.outcome(s, 0, 0, first, 0.1, 1);
      for (int exit = 1; exit < 3; exit++) {
        table.outcome(s, exit, 0, 0.7, 0.4, 1);
        table.outcome(0, s, exit, 0, 0.7, 0.4, 1);
      }
    }
    return table.build();
  }

  private static AuditOptions audits(double share) {
    return new AuditOptions(share, 0.05, 1, 0.97, 0.95, 500, 1, 20_000);
  }

  private Oversight watching(boolean capped, Optional<AuditOptions> audits) {
    return watching(capped, audits, Optional.empty());
  }

  private Oversight watching(
      boolean capped, Optional<AuditOptions> audits, Optional<ExitCriterion> criterion) {
    return new Oversight(
        Optional.of(
            new ExitOversight(
                FACTS,
                criterion,
                Optional.of(DriftOptions.defaults()),
                capped,
                audits,
                1,
                new SplittableRandom(3),
                this::hears)),
        Optional.empty());
  }

  private boolean hears(Recalibration recalibration) {
    heard.add(recalibration);
    return takesUp;
  }

  private void open(Oversight oversight) {
    Planner planner =
        new Planner() {
          @Override
          public PlanDecision decide(Estimates e, Optional<Plan> current, long nowNanos) {
            return new PlanDecision(plan, "as the test says", NO_PREDICTION, true);
          }

          @Override
          public boolean wouldKeep(Plan current, Estimates imagined) {
            return keeps;
          }
        };
    EmulatedDevice device = new EmulatedDevice(loop, Runnable::run, 1, 0, new Random(1));
    session =
        EdgeSession.open(
            new Surroundings(loop, device, cloud, network, Runnable::run),
            FakeNetwork.PROFILE,
            planner,
            estimators,
            SessionOptions.of(deadline),
            oversight);
    loop.runUntil(start);
    for (int i = 0; i < 10; i++) {
      estimators.onPing(10 * MS, start);
      estimators.onWorker(0, MS, 20 * MS, start);
    }
    for (int i = 0; i < 3; i++) {
      estimators.onTransfer(
          new TransferSample(-1, start - 60 * MS, start, 100_000, 10 * MS, 55 * MS, 56 * MS));
    }
  }

  /** Frames one period apart, each sure at exit 0 with a probability. */
  private void stream(int count, double sure) {
    for (int i = 0; i < count; i++) {
      loop.runUntil(start + frames * PERIOD * MS);
      network.confidence[0] = dice.nextDouble() < sure ? SURE : UNSURE;
      session.submit(
          new Frame(frames, "frame " + frames, new byte[12], 2, 2, loop.nanoTime()), answers::add);
      frames++;
      loop.runUntil(start + frames * PERIOD * MS - 1);
      // While no frame is sent, only this shows that the link is up.
      cloud.answerProbes(15 * MS);
    }
  }

  private ExitReport exits() {
    return session.status().exits().orElseThrow();
  }

  private DriftReport drift() {
    return exits().drift().orElseThrow();
  }

  private AuditReport audits() {
    return exits().audits().orElseThrow();
  }

  /** Lets audits meet another fate than frames. */
  private void auditsMeet(BiConsumer<CloudRequest, Consumer<CloudReply>> fate) {
    cloud.script =
        (request, done) -> {
          if (request.id() >= AUDITS) {
            fate.accept(request, done);
          } else {
            cloud.replyAfter(30 * MS, request, done);
          }
        };
  }

  @Test
  void raisesNoFlagWhileExitsDoWhatTheTablesSay() {
    open(watching(false, Optional.empty()));
    stream(4000, EARLY);
    assertThat(drift().state()).isEqualTo(DriftState.AS_CALIBRATED);
    assertThat(drift().flags()).isZero();
    assertThat(drift().answers()).as("each frame is told once").isEqualTo(4000);
    assertThat(drift().ignored()).isZero();
    assertThat(drift().earlyShare()).isCloseTo(EARLY, within(0.15));
  }

  @Test
  void theStatusTellsOfADriftAndOfItsEnd() {
    open(watching(false, Optional.empty()));
    stream(500, EARLY);
    assertThat(drift().state().drifted()).isFalse();
    assertThat(session.status().estimates().passOdds()).as("chance is not followed").isEqualTo(1);
    stream(3000, 0.2);
    assertThat(drift().state()).isIn(DriftState.DEEPER, DriftState.COLLAPSED);
    assertThat(drift().flags()).isEqualTo(1);
    // From 2 to 3 to 4 to 1, six times as much, as far as some hundred frames can tell.
    assertThat(session.status().estimates().passOdds()).isBetween(3.0, 12.0);
    stream(4000, EARLY);
    assertThat(drift().state()).isEqualTo(DriftState.AS_CALIBRATED);
  }

  @Test
  void answersWhatIsOverTheCapByItselfAndSaysWhy() {
    // The device gets no further than exit 0 by this deadline.
    deadline = 60 * MS;
    open(watching(true, Optional.empty()));
    stream(500, EARLY);
    assertThat(exits().capped()).as("nothing is held back before").isZero();
    stream(1500, 0);
    assertThat(drift().state()).isEqualTo(DriftState.COLLAPSED);
    int before = cloud.sent.size();
    long heldBefore = exits().capped();
    int from = answers.size();
    stream(1000, 0);
    int sent = cloud.sent.size() - before;
    double allowed = DriftOptions.defaults().capFactor() * (1 - EARLY);
    assertThat(sent).isBetween((int) (0.9 * allowed * 1000), (int) (1.1 * allowed * 1000) + 10);
    assertThat(exits().capped() - heldBefore).isEqualTo(1000 - sent);
    assertThat(answers.subList(from, answers.size()))
        .hasSize(1000)
        .filteredOn(answer -> answer.place() == Place.DEVICE)
        .hasSize(1000 - sent)
        .allMatch(EdgeAnswer::degraded)
        .allMatch(answer -> answer.reason().contains("offload cap"));
  }

  /** Plans that may be chosen while exits have collapsed; none has one that could stop. */
  static Stream<Plan> plansWithoutExits() {
    return Stream.of(new Plan(0, "c", List.of()), new Plan(1, "c", List.of()));
  }

  @ParameterizedTest
  @MethodSource("plansWithoutExits")
  void capsPlansWithoutExitsUntilTheCollapseIsOutOfDateAndThenTriesExitsAgain(Plan without) {
    open(watching(true, Optional.empty()));
    stream(1500, 0);
    assertThat(drift().state()).isEqualTo(DriftState.COLLAPSED);
    assertThat(session.status().estimates().passOdds()).isGreaterThan(3);

    plan = without;
    stream(50, 0);
    int before = cloud.sent.size();
    long heldBefore = exits().capped();
    int from = answers.size();
    stream(400, 0);
    int sent = cloud.sent.size() - before;
    double allowed = DriftOptions.defaults().capFactor() * (1 - EARLY);
    assertThat(sent).isBetween((int) (0.9 * allowed * 400), (int) (1.1 * allowed * 400) + 10);
    assertThat(exits().capped() - heldBefore).isEqualTo(400 - sent);
    assertThat(answers.subList(from, answers.size()))
        .hasSize(400)
        .filteredOn(answer -> answer.place() == Place.DEVICE)
        .hasSize(400 - sent)
        .allMatch(answer -> !answer.dropped() && answer.exit() == 2);

    stream(60, 0);
    assertThat(drift().state()).as("out of date").isEqualTo(DriftState.UNWATCHED);
    assertThat(session.status().estimates().passOdds()).isEqualTo(1);
    before = cloud.sent.size();
    stream(100, 0);
    assertThat(cloud.sent.size() - before).as("nothing is held back").isEqualTo(100);

    plan = PLAN;
    stream(1000, EARLY);
    assertThat(drift().state()).isEqualTo(DriftState.AS_CALIBRATED);
    assertThat(drift().flags()).isEqualTo(1);
  }

  @Test
  void findsACollapseAnewThatLastsWhenExitsAreTriedAgain() {
    open(watching(true, Optional.empty()));
    stream(1500, 0);
    plan = new Plan(0, "c", List.of());
    stream(600, 0);
    assertThat(drift().state()).isEqualTo(DriftState.UNWATCHED);
    plan = PLAN;
    stream(1500, 0);
    assertThat(drift().state()).isEqualTo(DriftState.COLLAPSED);
    assertThat(drift().flags()).isEqualTo(2);
  }

  @Test
  void leavesNoRouteOpenWhereTheWatchFails() {
    ExitCriterion broken =
        new ExitCriterion() {
          @Override
          public boolean active(int exit) {
            return true;
          }

          @Override
          public boolean stops(
              int exit, int predicted, double top1, double margin, double nats, int unchanged) {
            throw new IllegalStateException("broken");
          }
        };
    Oversight watching = watching(false, Optional.empty(), Optional.of(broken));
    assertThatThrownBy(() -> open(watching)).hasMessage("broken");
    assertThat(network.openRoutes).isZero();

    // Nothing is expected of a plan without exits, so that it breaks only when the plan changes.
    plan = new Plan(1, "c", List.of());
    open(watching);
    plan = PLAN;
    stream(20, 1);
    assertThat(network.openRoutes).as("of the plan in use").isEqualTo(1);
    assertThat(answers).hasSize(20);
  }

  @Test
  void sendsOnWithoutTheCap() {
    open(watching(false, Optional.empty()));
    stream(1500, 0);
    assertThat(drift().state()).isEqualTo(DriftState.COLLAPSED);
    int before = cloud.sent.size();
    stream(200, 0);
    assertThat(cloud.sent.size() - before).isEqualTo(200);
  }

  @Test
  void tellsOfFramesThatTheDeadlineCutsOff() {
    // Exit 0 is reached in time, the end of the plan is not.
    deadline = 60 * MS;
    plan = Plan.local(5, List.of(new ExitThreshold(0, 0.9)));
    open(watching(false, Optional.empty()));
    stream(3000, EARLY);
    assertThat(drift().answers()).isBetween(1L, 3000L);
    assertThat(drift().flags()).as("those that are cut off are not left out").isZero();
  }

  @Test
  void auditsChangeNoAnswerAndDelayNone() {
    open(watching(false, Optional.of(audits(0.5))));
    Set<Long> out = new HashSet<>();
    List<String> inTheWay = new ArrayList<>();
    cloud.script =
        (request, done) -> {
          if (request.id() >= AUDITS) {
            out.add(request.id());
            cloud.replyAfter(
                30 * MS,
                request,
                reply -> {
                  out.remove(request.id());
                  done.accept(reply);
                });
          } else {
            out.stream()
                .filter(audit -> !cloud.cancelled.contains(audit))
                .forEach(audit -> inTheWay.add(request.id() + " behind " + audit));
            cloud.replyAfter(30 * MS, request, done);
          }
        };
    stream(1000, EARLY);
    assertThat(audits().answered()).isGreaterThan(200);
    assertThat(audits().bytes()).isEqualTo(2000 * audits().sent());
    assertThat(inTheWay).isEmpty();
    assertThat(answers).hasSize(1000);
    assertThat(answers)
        .allMatch(answer -> answer.latencyNanos() == (answer.exit() == 0 ? 22 * MS : 54 * MS));
    assertThat(cloud.sent.stream().filter(request -> request.id() >= AUDITS))
        .allMatch(request -> request.deadlineNanos() == CloudRequest.NO_DEADLINE)
        .allMatch(request -> request.exits().isEmpty() && request.codec().equals("q8"))
        .allMatch(request -> request.cut() == 1);
  }

  @Test
  void drawsAuditsWithTheChanceItClaims() {
    double share = 0.3;
    open(watching(false, Optional.of(audits(share))));
    stream(3000, 1);
    double sd = Math.sqrt(3000 * share * (1 - share));
    assertThat((double) audits().drawn()).isCloseTo(share * 3000, within(5 * sd));
    assertThat(audits().missed()).as("there is room and time for each").isZero();
  }

  @Test
  void auditsNothingThatNoExitIsSureOfAndNothingWithoutALink() {
    open(watching(false, Optional.of(audits(1))));
    stream(50, 0);
    assertThat(audits().drawn()).isZero();
    cloud.link(LinkState.DOWN);
    stream(50, 1);
    assertThat(audits().drawn()).isZero();
  }

  @Test
  void sendsNoAuditWhereFramesLeaveNoGap() {
    open(watching(false, Optional.of(audits(1))));
    // A frame each 22 ms, which is what one takes.
    network.confidence[0] = SURE;
    for (int i = 0; i < 300; i++) {
      loop.runUntil(start + 22L * i * MS);
      session.submit(new Frame(i, "frame", new byte[12], 2, 2, loop.nanoTime()), answers::add);
    }
    loop.runUntil(start + 300 * 22 * MS);
    assertThat(audits().sent()).isZero();
    assertThat(audits().drawn()).as("no more than may wait").isLessThanOrEqualTo(5);
    assertThat(answers).allMatch(answer -> answer.latencyNanos() == 22 * MS);
  }

  @Test
  void makesRoomForAuditsThoughTheDeviceIsNeverFree() {
    open(watching(false, Optional.of(audits(1))));
    network.confidence[0] = SURE;
    // One computes, one waits, for longer than audits may.
    for (int i = 0; i < 1000; i++) {
      loop.runUntil(start + (22L * i - (i == 0 ? 0 : 11)) * MS);
      session.submit(new Frame(i, "frame", new byte[12], 2, 2, loop.nanoTime()), answers::add);
      cloud.answerProbes(15 * MS);
    }
    assertThat(audits().missed()).isEqualTo(8);
    assertThat(audits().drawn()).isEqualTo(12);
  }

  @Test
  void aWorkerThatNeverAnswersAuditsHarmsNothing() {
    auditsMeet((request, done) -> {});
    open(watching(false, Optional.of(audits(0.5))));
    OversightTest without = new OversightTest();
    without.open(watching(false, Optional.empty()));
    without.stream(1000, EARLY);
    stream(1000, EARLY);
    assertThat(audits().answered()).isZero();
    assertThat(audits().lost()).isPositive();
    assertThat(audits().sent()).as("it pauses longer and longer").isLessThan(20);
    assertThat(answers)
        .hasSize(1000)
        .allMatch(answer -> answer.latencyNanos() == (answer.exit() == 0 ? 22 * MS : 54 * MS));
    assertThat(session.status().estimates().link()).isEqualTo(LinkState.UP);
    assertThat(session.status().estimates().uplinkBytesPerSecond())
        .isEqualTo(without.session.status().estimates().uplinkBytesPerSecond());
  }

  @Test
  void auditsThatAreRefusedOrLostAreNotTold() {
    auditsMeet(
        (request, done) -> {
          done.accept(new CloudReply.Refused("OVERLOADED", "busy", true, 0));
          done.accept(new CloudReply.Lost("and again"));
        });
    open(watching(false, Optional.of(audits(0.5))));
    stream(500, EARLY);
    assertThat(audits().sent()).isEqualTo(audits().lost()).isPositive();
    assertThat(audits().agreement()).isEmpty();
    assertThat(answers).hasSize(500).noneMatch(EdgeAnswer::degraded);
  }

  @Test
  void anAnswerOfAnotherExitIsNoAudit() {
    auditsMeet(
        (request, done) -> {
          CloudReply.Answered right = cloud.answered(loop.nanoTime());
          done.accept(new CloudReply.Answered(0, right.top(), right.times(), right.load()));
        });
    open(watching(false, Optional.of(audits(0.5))));
    stream(200, EARLY);
    assertThat(audits().answered()).isZero();
    assertThat(audits().lost()).isPositive();
  }

  @Test
  void countsASecondReplyToAnAuditOnce() {
    auditsMeet(
        (request, done) -> {
          cloud.replyAfter(20 * MS, request, done);
          cloud.replyAfter(25 * MS, request, done);
        });
    open(watching(false, Optional.of(audits(1))));
    stream(100, 1);
    assertThat(audits().answered()).isEqualTo(audits().sent()).isPositive();
  }

  @Test
  void shutsAnExitThatTheFinalExitContradicts() {
    // The device says 0, the final exit always 2.
    open(watching(false, Optional.of(audits(1))));
    stream(300, 1);
    assertThat(audits().agreed()).isZero();
    assertThat(audits().agreement().orElseThrow().upper()).isLessThan(0.1);
    assertThat(heard).isNotEmpty();
    assertThat(heard.get(heard.size() - 1).verdicts())
        .singleElement()
        .matches(verdict -> verdict.exit() == 0 && verdict.change() == Change.SHUT);
    assertThat(audits().latest()).contains(heard.get(heard.size() - 1));
    assertThat(audits().takenUp()).as("nobody did").isFalse();
  }

  @Test
  void saysWhetherARaisedThresholdIsTakenUp() {
    takesUp = true;
    open(watching(false, Optional.of(audits(1))));
    assertThat(audits().takenUp()).as("nothing was said yet").isFalse();
    stream(300, 1);
    assertThat(audits().takenUp()).isTrue();
  }

  @Test
  void keepsAThresholdThatTheFinalExitConfirms() {
    network.label[0] = 2;
    open(watching(false, Optional.of(audits(1))));
    stream(700, 1);
    assertThat(audits().agreed()).isEqualTo(audits().answered());
    assertThat(heard).isNotEmpty().noneMatch(Recalibration::changesAnything);
  }

  @Test
  void givesUpWhatWaitsWhenTheClockJumps() {
    auditsMeet((request, done) -> {});
    open(watching(false, Optional.of(audits(1))));
    stream(5, 1);
    assertThat(audits().sent()).isEqualTo(1);
    loop.spend(100_000 * MS);
    frames += 500;
    stream(5, 1);
    assertThat(audits().lost()).isEqualTo(1);
    assertThat(answers).hasSize(10);
    assertThat(drift().answers()).isEqualTo(10);
  }

  @Test
  void pricesWhatTheDeviceDidPerAnswer() {
    open(new Oversight(Optional.empty(), Optional.of(EnergyModel.named("pi4-one-core+wifi"))));
    // Without a link there are no probes either.
    cloud.link(LinkState.DOWN);
    stream(600, 1);
    EnergyReport report = session.status().energy().orElseThrow();
    assertThat(report.answers()).isEqualTo(600);
    // 20 ms of network, 1 ms of head and 1 ms of preprocessing at 925 mW; no radio.
    assertThat(report.perAnswer().networkJoules()).isCloseTo(21e-3 * 0.925, within(1e-9));
    assertThat(report.perAnswer().codingJoules()).isCloseTo(1e-3 * 0.925, within(1e-9));
    assertThat(report.perAnswer().radioJoules()).isZero();
  }

  @Test
  void pricesTheTailOfARadioThatIsKeptUpByEveryFrame() {
    EnergyModel model = EnergyModel.named("pi4-duty-cycled+lte");
    // Long enough that no reply is at risk and the device does not go on alone.
    deadline = 400 * MS;
    open(new Oversight(Optional.empty(), Optional.of(model)));
    stream(600, 0);
    EnergyReport report = session.status().energy().orElseThrow();
    // Frames are 200 ms apart, the tail lasts for seconds: it fills all that no transfer does.
    double mostNanos = PERIOD * MS;
    double milliwatts = model.radio().tail().get(0).milliwatts();
    assertThat(report.perAnswer().promotionJoules()).isZero();
    assertThat(report.perAnswer().tailJoules())
        .isBetween(0.8 * milliwatts * mostNanos * 1e-12, 1.3 * milliwatts * mostNanos * 1e-12);
    assertThat(report.perAnswer().transmitJoules()).isPositive();
    // Awake for the reply of 30 ms.
    assertThat(report.perAnswer().waitingJoules()).isCloseTo(30e-3 * 2.7, within(2e-3));
  }

  @Test
  void reportsNothingThatNobodyAskedFor() {
    open(Oversight.NONE);
    stream(10, EARLY);
    assertThat(session.status().exits()).isEmpty();
    assertThat(session.status().energy()).isEmpty();
  }

  @Test
  void aCapNeedsAWatch() {
    assertThatThrownBy(
            () ->
                new ExitOversight(
                    FACTS,
                    Optional.empty(),
                    Optional.empty(),
                    true,
                    Optional.empty(),
                    0.05,
                    new SplittableRandom(1),
                    recalibration -> true))
        .isInstanceOf(IllegalArgumentException.class);
    for (double share : new double[] {0, -1, 1.5, Double.NaN}) {
      assertThatThrownBy(
              () ->
                  new ExitOversight(
                      FACTS,
                      Optional.empty(),
                      Optional.empty(),
                      false,
                      Optional.empty(),
                      share,
                      new SplittableRandom(1),
                      recalibration -> true))
          .hasMessageContaining("auditUplinkShare");
    }
  }

  @Test
  void pricesPingsThatWakeTheRadio() {
    open(new Oversight(Optional.empty(), Optional.of(EnergyModel.named("pi4-one-core+wifi"))));
    plan = Plan.local(5, List.of());
    stream(300, 1);
    EnergyReport without = session.status().energy().orElseThrow();
    for (int i = 0; i < 300; i++) {
      cloud.listener.orElseThrow().onPong(10 * MS, 0, false);
      stream(1, 1);
    }
    EnergyReport with = session.status().energy().orElseThrow();
    // Every 200 ms of these 300 of 600 frames is the tail of a ping, at 119.3 mW.
    assertThat(with.perAnswer().tailJoules() - without.perAnswer().tailJoules() / 2)
        .isCloseTo(0.1193 * 0.2 / 2, within(0.1193 * 0.2 * 0.1));
  }

  @Test
  void aLinkThatIsAuditedDoesNotRest() {
    plan = Plan.local(5, List.of(new ExitThreshold(0, 0.9)));
    keeps = true;
    open(watching(false, Optional.of(audits(0.1))));
    stream(100, 1);
    assertThat(cloud.resting).isFalse();
  }

  @Test
  void pricesWhatPassesWhileNoFrameComesForHours() {
    open(new Oversight(Optional.empty(), Optional.of(EnergyModel.named("pi4-one-core+wifi"))));
    plan = Plan.local(5, List.of());
    stream(1, 1);
    for (int i = 0; i < 7200; i++) {
      loop.runUntil(loop.nanoTime() + 1_000 * MS);
      cloud.listener.orElseThrow().onPong(10 * MS, 0, false);
    }
    EnergyReport report = session.status().energy().orElseThrow();
    assertThat(report.answers()).isEqualTo(1);
    // For each a tail of 238.1 ms and the 10 ms to the pong at 119.3 mW, and a promotion of 79.1 ms
    // at 124.4 mW.
    double each = 0.1193 * 0.2481 + 0.1244 * 0.0791;
    assertThat(report.perAnswer().tailJoules() + report.perAnswer().promotionJoules())
        .isCloseTo(7200 * each, within(7200 * each * 0.02));
  }
}

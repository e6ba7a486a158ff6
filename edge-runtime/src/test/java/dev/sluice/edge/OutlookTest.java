package dev.sluice.edge;

import static dev.sluice.edge.FakeNetwork.MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.edge.Outlook.Reach;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutlookTest {
  private static final long SLACK = 2 * MS;
  private static final double MARGIN = 1.08;

  /** From the input to the ends of the three exits: preprocessing, segments, heads. */
  private static final List<Long> EXIT_ENDS = List.of(22 * MS, 63 * MS, 103 * MS);

  private static final Prediction NO_PREDICTION =
      new Prediction(LatencyDistribution.of(new long[] {1}), 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0);

  private final FakeNetwork network = new FakeNetwork();
  private final DeviceCosts costs = new DeviceCosts(FakeNetwork.PROFILE, Optional.empty());
  private SessionOptions options = SessionOptions.of(150 * MS);

  private Outlook outlook() {
    return new Outlook(costs, network, options);
  }

  private Request frame() {
    Frame frame = new Frame(0, "frame", new byte[12], 2, 2, 0);
    return new Request(frame, options.deadlineNanos(), answer -> {});
  }

  private Request begun(Plan plan) {
    Request r = frame();
    PlanDecision decision = new PlanDecision(plan, "as the test says", NO_PREDICTION, true);
    r.bind(new ActiveRoute(decision, network.compile(plan, true), network.policies(plan)), 0);
    return r;
  }

  private static Estimates quick(double deviceScale, long framePeriodNanos) {
    return Estimates.of(
        LinkState.UP, 1e6, 0.5, 10 * MS, MS, deviceScale, 2, 3 * MS, framePeriodNanos);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 1.7, 4})
  void seesTheDeepestExitThatEndsInTimeWithTheReserve(double scale) {
    for (long now = 0; now <= 150 * MS; now += MS) {
      int deepest = -1;
      for (int exit = 0; exit < 3; exit++) {
        deepest = now + EXIT_ENDS.get(exit) * scale * MARGIN <= 150 * MS - SLACK ? exit : deepest;
      }
      assertThat(outlook().deepest(frame(), now, scale).map(Reach::exit).orElse(-1))
          .as("at %d ms", now / MS)
          .isEqualTo(deepest);
    }
  }

  @Test
  void goesOnFromWhereAFrameIsIfThatIsQuicker() {
    Request r = begun(new Plan(1, "c", List.of()));
    assertThat(outlook().quickest(r)).isSameAs(network.everyExit());
    r.sample = network.input(r.frame);
    assertThat(outlook().quickest(r))
        .as("the first exit from the input, 22 ms, is nearer than the second from here, 41 ms")
        .isSameAs(network.everyExit());
    r.deepestExit = 0;
    Reach deepest = outlook().deepest(r, 0, 1).orElseThrow();
    assertThat(deepest.path()).isSameAs(r.route().beyond());
    assertThat(deepest.exit()).isEqualTo(2);
    assertThat(deepest.nanos()).isEqualTo(81 * MS);
  }

  @Test
  void seesNoExitThatWasComputedAlready() {
    Request r = frame();
    r.deepestExit = 2;
    assertThat(outlook().deepest(r, 0, 1)).isEmpty();
  }

  @Test
  void triesDeeperExitsWithoutReserveWhereAnAnswerIsInHandAndComputeIsFree() {
    Request r = frame();
    long now = 150 * MS - SLACK - 103 * MS;
    assertThat(outlook().deepest(r, now, 1).map(Reach::exit)).contains(1);
    r.keep(0, new ExitScores(new float[] {0.6f, 0.4f}));
    assertThat(outlook().deepest(r, now, 1).map(Reach::exit)).contains(1);
    options = options.withEagerHedge(true);
    assertThat(outlook().deepest(r, now, 1).map(Reach::exit)).contains(2);
    assertThat(outlook().deepest(r, now + 1, 1).map(Reach::exit)).contains(1);
  }

  @Test
  void holdsAReplyToTakeItsWayAndAStandardDeviationMore() {
    // 20 kB at 1 MB/s and half as much again; 11 ms round trip; 3 ms queue; twice decoding, the
    // input and five segments.
    assertThat(outlook().replyNanos(new Plan(0, "c", List.of()), 20_000, quick(1, 0)))
        .isEqualTo((30 + 11 + 3 + 2 * (1 + 1 + 100)) * MS);
  }

  @Test
  void letsAFrameFollowALocalPlanWithoutReserve() {
    Plan plan = Plan.local(5, List.of());
    Request r = begun(plan);
    long last = 150 * MS - SLACK - 101 * MS;
    assertThat(outlook().planFits(r, plan, true, last, quick(1, 0))).isTrue();
    assertThat(outlook().planFits(r, plan, true, last + 1, quick(1, 0))).isFalse();
    assertThat(outlook().planFits(r, plan, true, 0, quick(1.5, 0))).isFalse();
  }

  @Test
  void doubtsAPlanForTheCloudOnlyWhereTheFrameHadToWait() {
    Plan plan = new Plan(4, "c", List.of());
    Request r = begun(plan);
    long tooLate = 140 * MS;
    assertThat(outlook().planFits(r, plan, false, tooLate, quick(1, 0))).isTrue();
    assertThat(outlook().planFits(r, plan, true, tooLate, quick(1, 0))).isFalse();
    assertThat(outlook().planFits(r, plan, true, 0, quick(1, 0)))
        .as("83 ms of its own, and the reply after 1.5 + 11 + 3 + 2 x 21 ms")
        .isTrue();
    assertThat(outlook().planFits(r, plan, true, 10 * MS, quick(1, 0))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 1.3})
  void waitsForAReplyAsLongAsAnExitStaysInReachThoughTimersAreLate(double scale) {
    Request r = frame();
    Reach deepest = outlook().deepest(r, 0, scale).orElseThrow();
    long before = 0;
    for (long reply = 0; reply < 200 * MS; reply += MS) {
      long at = outlook().hedgeNanos(r, deepest, reply, 0, scale);
      assertThat(at).as("a later reply is not waited for less").isGreaterThanOrEqualTo(before);
      assertThat(outlook().deepest(r, at + SLACK, scale)).as("reply at %d", reply).isPresent();
      boolean stillDeepest = outlook().deepest(r, at + SLACK, scale).equals(Optional.of(deepest));
      assertThat(stillDeepest || at == reply || reply > at).isTrue();
      before = at;
    }
    long early = outlook().hedgeNanos(r, deepest, 0, 0, scale);
    assertThat(outlook().deepest(r, early + SLACK, scale)).contains(deepest);
    assertThat(outlook().deepest(r, early + SLACK + MS, scale)).isNotEqualTo(Optional.of(deepest));
  }

  @Test
  void noticesAFrameThatWouldLoseItsFirstExit() {
    Request r = begun(new Plan(0, "c", List.of()));
    long last = (long) (150 * MS - SLACK - 22 * MS * MARGIN);
    assertThat(outlook().losesFirstExit(r, 0, last, 1)).isFalse();
    assertThat(outlook().losesFirstExit(r, 0, last + MS, 1)).isTrue();
    assertThat(outlook().losesFirstExit(r, last + MS, last + 2 * MS, 1))
        .as("it is lost already")
        .isFalse();
  }

  @Test
  void expectsAFrameOnePeriodAfterTheLastAndKeepsTheDeviceForIt() {
    long expected = outlook().expectedFrameNanos(40 * MS, 50 * MS, quick(1, 100 * MS));
    assertThat(expected).isEqualTo(140 * MS + SLACK);
    assertThat(outlook().expectedFrameNanos(40 * MS, 50 * MS, quick(1, 0)))
        .as("nobody knows when")
        .isEqualTo(50 * MS);
    Request r = begun(new Plan(1, "c", List.of()));
    r.sample = network.input(r.frame);
    // The next thing is 20 ms of stage.
    assertThat(outlook().keepsDeviceFrom(expected, r, expected - 20 * MS, 1)).isFalse();
    assertThat(outlook().keepsDeviceFrom(expected, r, expected - 19 * MS, 1)).isTrue();
    assertThat(outlook().keepsDeviceFrom(expected, r, expected - 30 * MS, 2)).isTrue();
    assertThat(outlook().keepsDeviceFrom(expected, r, expected, 1)).as("overdue").isFalse();
  }
}

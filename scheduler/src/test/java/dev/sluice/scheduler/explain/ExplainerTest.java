package dev.sluice.scheduler.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.scheduler.Appraisal;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.Stability;
import dev.sluice.scheduler.energy.DevicePower;
import dev.sluice.scheduler.energy.EnergyConstant;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.energy.EnergyRanking;
import dev.sluice.scheduler.energy.RadioPower;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.explain.Unreachable.GivenUp;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.Envelope;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.scheduler.rival.HandMade;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExplainerTest {
  private static final long MS = 1_000_000;
  private static final double MEGABYTE_PER_SECOND = 1e6;

  /** Bisection ends when it cannot tell two values apart. */
  private static final double RESOLUTION = FlipSearch.RESOLUTION - 1;

  private static final Plan LOCAL = Plan.local(2, List.of());
  private static final Plan PICTURE = new Plan(0, "raw", List.of());

  /** Neither headroom, tolerance nor hysteresis. */
  private static final SchedulerOptions EXACT =
      new SchedulerOptions(true, 1, 2, 0, 0, 0, Duration.ZERO);

  /** 10,000 bytes on the link. */
  private static final CodecCost SENT = HandMade.free(0, 10_000 - Envelope.REQUEST_BYTES);

  /**
   * All on the device takes 30 ms; the picture has 10,000 bytes and takes the worker 3 ms. One
   * sample, which the network has right. Those are all the plans there are.
   */
  private static final BundleFacts TWO_PLANS =
      HandMade.chain(List.of(10.0, 20.0), List.of(1.0, 2.0), List.of(SENT));

  private static Scheduler scheduler(String objective, SchedulerOptions options)
      throws ObjectiveSyntaxException {
    return new Scheduler(
        TWO_PLANS, Objective.parse(objective), options, CandidatePlans.withoutExits(TWO_PLANS));
  }

  private static Estimates estimates(double bytesPerSecond, double queueMs, double periodMs) {
    return Estimates.of(
        LinkState.UP,
        bytesPerSecond,
        0,
        2 * MS,
        0,
        1,
        1,
        Math.round(queueMs * MS),
        Math.round(periodMs * MS));
  }

  private static Explanation explained(String objective, Estimates estimates)
      throws ObjectiveSyntaxException {
    return new Explainer(scheduler(objective, SchedulerOptions.plain()))
        .explain(estimates, Optional.empty());
  }

  private static Sensitivity of(Explanation explanation, Condition condition) {
    return explanation.sensitivities().stream()
        .filter(each -> each.condition() == condition)
        .findFirst()
        .orElseThrow();
  }

  private static void assertFlip(Optional<Flip> flip, Plan plan, double value) {
    assertThat(flip).isPresent();
    assertThat(flip.get().decision().plan()).isEqualTo(plan);
    assertThat(flip.get().value()).isCloseTo(value, within(2 * RESOLUTION * value));
  }

  // --- what would have to change ----------------------------------------------------------------

  /* Sending takes 10 ms + 2 ms round trip + 3 ms at the worker = 15 ms; the device takes 30 ms. */
  @Test
  void findsByHandWhereTheDeviceOvertakesTheCloud() throws Exception {
    Explanation explanation =
        explained("minimise mean_latency", estimates(MEGABYTE_PER_SECOND, 0, 0));

    assertThat(explanation.decision().plan()).isEqualTo(PICTURE);
    Sensitivity rate = of(explanation, Condition.UPLINK_RATE);
    assertFlip(rate.below(), LOCAL, 10_000 / 0.025);
    assertThat(rate.above()).isEmpty();
    Sensitivity roundTrip = of(explanation, Condition.ROUND_TRIP);
    assertFlip(roundTrip.above(), LOCAL, 17 * MS);
    assertThat(roundTrip.below()).isEmpty();
    assertFlip(of(explanation, Condition.DEVICE_SCALE).below(), LOCAL, 0.5);
    assertFlip(of(explanation, Condition.WORKER_SCALE).above(), LOCAL, 6);
    assertFlip(of(explanation, Condition.WORKER_QUEUE).above(), LOCAL, 15 * MS);
    assertThat(of(explanation, Condition.WORKER_QUEUE).below()).isEmpty();
  }

  @Test
  void countsTheReluctanceToChange() throws Exception {
    SchedulerOptions reluctant =
        new SchedulerOptions(false, 0, 0, 0, 0, 0.1, Duration.ofSeconds(1));
    Explanation explanation =
        new Explainer(scheduler("minimise mean_latency", reluctant))
            .explain(estimates(MEGABYTE_PER_SECOND, 0, 0), Optional.empty());

    // A tenth less than the time in use must be gained: left where sending takes 30 / 0.9 ms.
    assertFlip(
        of(explanation, Condition.UPLINK_RATE).below(), LOCAL, 10_000 / (0.030 / 0.9 - 0.005));
  }

  /* Sending takes 20 ms + 2 ms + 20 ms in the queue + 3 ms, so the device does it: 30 ms. It is
   * overloaded from 95 % on, at a frame every 31.6 ms; the uplink only at one every 21 ms. */
  @Test
  void findsByHandAtWhichFramePeriodTheDeviceIsOverloaded() throws Exception {
    Explanation unknown =
        explained("minimise mean_latency", estimates(MEGABYTE_PER_SECOND / 2, 20, 0));
    Explanation known =
        explained("minimise mean_latency", estimates(MEGABYTE_PER_SECOND / 2, 20, 100));

    for (Explanation each : List.of(unknown, known)) {
      assertThat(each.decision().plan()).isEqualTo(LOCAL);
      assertFlip(of(each, Condition.FRAME_PERIOD).below(), PICTURE, 30 * MS / 0.95);
      assertThat(of(each, Condition.FRAME_PERIOD).above()).isEmpty();
    }
    assertThat(unknown.standings()).isEmpty();
    assertThat(known.standings()).hasSize(1);
    assertThat(known.standings().get(0).value()).isCloseTo(0.3, within(1e-9));
  }

  @Test
  void looksForNothingOfALinkThatIsNotUp() throws Exception {
    for (LinkState state : List.of(LinkState.DOWN, LinkState.UNKNOWN)) {
      Explanation explanation =
          explained("minimise mean_latency", Estimates.of(state, 1e6, 0.1, 0, 0, 1, 1, 0, 0));

      assertThat(explanation.decision().plan()).isEqualTo(LOCAL);
      assertThat(explanation.alternatives()).isEmpty();
      for (Sensitivity each : explanation.sensitivities()) {
        assertThat(each.below()).isEmpty();
        assertThat(each.above()).isEmpty();
      }
      assertThat(explanation.text()).contains("the link is not up", "no plan of another kind");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void findsWhatAScanInFineStepsFinds(long seed) throws Exception {
    Scheduler scheduler = new Scheduler(small(seed), goal(), EXACT);
    Explainer explainer = new Explainer(scheduler);
    Estimates estimates = link(6, 20);
    Plan plan = scheduler.consider(estimates, Optional.empty(), any -> true).orElseThrow().plan();
    for (Condition condition : List.of(Condition.UPLINK_RATE, Condition.DEVICE_SCALE)) {
      Sensitivity found = explainer.sensitivity(estimates, plan, condition);
      for (boolean up : new boolean[] {false, true}) {
        Optional<Flip> flip = up ? found.above() : found.below();
        Optional<Double> scanned = scan(scheduler, estimates, plan, condition, up);
        String where = "seed %d, %s %s".formatted(seed, condition, up ? "above" : "below");
        assertThat(flip.isPresent()).as(where).isEqualTo(scanned.isPresent());
        if (flip.isPresent()) {
          assertThat(Math.log(flip.get().value() / scanned.orElseThrow()))
              .as("%s: %s, scan %s", where, flip.get().value(), scanned)
              .isBetween(-SCAN_STEP - RESOLUTION, SCAN_STEP + RESOLUTION);
        }
      }
    }
  }

  private static final double SCAN_STEP = 0.01;

  /** The first of many neighbouring values at which the plan is left. */
  private static Optional<Double> scan(
      Scheduler scheduler, Estimates estimates, Plan plan, Condition condition, boolean up) {
    double present = condition.of(estimates);
    for (double log = SCAN_STEP; log <= Math.log(100); log += SCAN_STEP) {
      double value = present * Math.exp(up ? log : -log);
      Plan choice =
          scheduler
              .consider(condition.with(estimates, value), Optional.of(plan), any -> true)
              .orElseThrow()
              .plan();
      if (!choice.equals(plan)) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  // --- alternatives -----------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void ranksTheOtherKindsAsAnExhaustiveSearchDoes(long seed) throws Exception {
    Scheduler scheduler = new Scheduler(small(seed), goal(), EXACT);
    for (double mbit : new double[] {20, 6, 2}) {
      Estimates estimates = link(mbit, 20);
      Explanation explanation =
          new Explainer(scheduler)
              .explain(
                  estimates,
                  Optional.empty(),
                  scheduler.consider(estimates, Optional.empty(), any -> true).orElseThrow());
      Set<String> taken = new HashSet<>(Set.of(kind(explanation.decision().plan())));
      for (Alternative other : explanation.alternatives()) {
        Optional<List<Double>> expected = bestHolding(scheduler.appraise(estimates), taken);
        String where = "seed %d, %s Mbit/s, %s".formatted(seed, mbit, other);
        assertThat(taken.add(kind(other.plan()))).as(where).isTrue();
        if (expected.isPresent()) {
          assertThat(other.targets().stream().map(TargetValue::value).toList())
              .as(where)
              .isEqualTo(expected.get());
          assertThat(other.standings()).as(where).allMatch(Standing::holds);
          if (explanation.decision().feasible()) {
            assertThat(other.loss()).as(where).isNotInstanceOf(Loss.Breaks.class);
          }
        } else {
          assertThat(other.standings()).as(where).anyMatch(standing -> !standing.holds());
        }
      }
    }
  }

  private static String kind(Plan plan) {
    return plan.split() + plan.codec();
  }

  /** The least targets, in order, of all plans of other kinds that hold every bound. */
  private static Optional<List<Double>> bestHolding(Appraisal appraisal, Set<String> without) {
    Optional<List<Double>> best = Optional.empty();
    for (int i = 0; i < appraisal.candidates(); i++) {
      if (without.contains(kind(appraisal.plan(i)))) {
        continue;
      }
      Prediction prediction = appraisal.predict(i);
      if (prediction.overloaded()
          || prediction.p95LatencyNanos() > 150 * MS
          || !appraisal.provenEnough(i)
          || prediction.differenceLowerBound() - appraisal.lateLoss(i) < -0.01) {
        continue;
      }
      List<Double> values = List.of(prediction.workerComputeNanos(), prediction.uplinkBytes());
      if (best.isEmpty() || less(values, best.get())) {
        best = Optional.of(values);
      }
    }
    return best;
  }

  private static boolean less(List<Double> a, List<Double> b) {
    int first = a.get(0).compareTo(b.get(0));
    return first != 0 ? first < 0 : a.get(1) < b.get(1);
  }

  @Test
  void saysWhichTargetIsWorseAndByHowMuch() throws Exception {
    Explanation explanation =
        explained("minimise mean_latency", estimates(MEGABYTE_PER_SECOND, 0, 0));

    assertThat(explanation.alternatives()).hasSize(1);
    Alternative other = explanation.alternatives().get(0);
    assertThat(other.plan()).isEqualTo(LOCAL);
    assertThat(other.loss().text()).isEqualTo("mean_latency 30 ms against 15 ms, 100 % more");
  }

  @Test
  void saysWhichBoundBreaksAndByHowMuch() throws Exception {
    Explanation explanation =
        explained(
            "mean_latency <= 20 ms; minimise uplink_bytes", estimates(MEGABYTE_PER_SECOND, 0, 0));

    assertThat(explanation.decision().plan()).isEqualTo(PICTURE);
    assertThat(explanation.alternatives().get(0).loss().text())
        .isEqualTo("breaks mean_latency <= 20 ms: has 30 ms, 10 ms over");
  }

  @Test
  void saysThatABetterPlanIsNotWorthAChange() throws Exception {
    Explainer explainer =
        new Explainer(
            scheduler(
                "minimise mean_latency",
                new SchedulerOptions(false, 0, 0, 0, 0, 0.6, Duration.ZERO)));

    Explanation explanation =
        explainer.explain(estimates(MEGABYTE_PER_SECOND, 0, 0), Optional.of(LOCAL));

    assertThat(explanation.decision().plan()).isEqualTo(LOCAL);
    assertThat(explanation.alternatives().get(0).loss().text())
        .isEqualTo("is better in mean_latency by 50 %; a change is made for more than 60 %");
  }

  @Test
  void saysThatABetterPlanIsLeftForDoubtAndNotForAMoment() throws Exception {
    SchedulerOptions doubting =
        new SchedulerOptions(false, 0, 0, 0, 0, 0.1, Duration.ZERO)
            .with(new Stability(0, 2, Duration.ZERO, 0));
    Explainer explainer = new Explainer(scheduler("minimise mean_latency", doubting));
    // 10 ms on the link, times or over 2.2255, and 5 ms beside: gains of 9.1 % and 68.4 %.
    Estimates vague = Estimates.of(LinkState.UP, MEGABYTE_PER_SECOND, 0.8, 2 * MS, 0, 1, 1, 0, 0);

    Explanation explanation = explainer.explain(vague, Optional.of(LOCAL));

    assertThat(explanation.decision().plan()).isEqualTo(LOCAL);
    assertThat(explanation.alternatives().get(0).loss().text())
        .isEqualTo(
            "is better in mean_latency by 50 %, give or take 59.2 % for not being sure of link and"
                + " worker; a change is made for more than 10 % and than that");
  }

  @Test
  void saysThatAPlanLeavesTooLittleHeadroom() throws Exception {
    Explanation explanation =
        new Explainer(
                scheduler(
                    "mean_latency <= 31 ms; minimise device_energy",
                    new SchedulerOptions(false, 0, 0, 0.08, 0, 0, Duration.ZERO)))
            .explain(estimates(MEGABYTE_PER_SECOND, 0, 0), Optional.empty());

    assertThat(explanation.decision().plan()).isEqualTo(PICTURE);
    assertThat(explanation.alternatives().get(0).loss().text())
        .isEqualTo("leaves 1 ms below mean_latency <= 31 ms; to be taken up it must leave 8 %");
  }

  // --- bounds -----------------------------------------------------------------------------------

  @Test
  void theBoundWithLeastSlackBinds() throws Exception {
    Explanation explanation =
        explained(
            "mean_latency <= 20 ms, uplink_bytes <= 11 KB, accuracy >= 50 %; minimise latency",
            estimates(MEGABYTE_PER_SECOND, 0, 100));

    List<Standing> standings = explanation.standings();
    assertThat(standings).hasSize(4).allMatch(Standing::holds);
    assertThat(standings.get(0).slack()).isCloseTo(5 * MS, within(1.0));
    assertThat(standings.get(0).relativeSlack()).isCloseTo(0.25, within(1e-9));
    assertThat(standings.get(1).slack()).isEqualTo(1000);
    assertThat(standings.get(1).relativeSlack()).isCloseTo(1 / 11.0, within(1e-9));
    assertThat(standings.get(2).relativeSlack()).as("half of the errors allowed").isEqualTo(1);
    assertThat(standings.get(3).value()).as("10 ms of sending in 100").isEqualTo(0.1);
    assertThat(explanation.binding()).contains(standings.get(1));
  }

  @Test
  void theMarginIsWhatCautionAboutTheLinkCosts() throws Exception {
    Estimates unsure = Estimates.of(LinkState.UP, MEGABYTE_PER_SECOND, 0.1, 2 * MS, MS, 1, 1, 0, 0);
    /* As many samples as tell a 95th percentile. */
    BundleFacts facts = HandMade.chain(List.of(10.0, 20.0), List.of(1.0, 2.0), List.of(SENT), 60);
    Explanation explanation =
        new Explainer(
                new Scheduler(
                    facts,
                    Objective.parse("p95_latency <= 20 ms; minimise uplink_bytes"),
                    new SchedulerOptions(false, 1, 2, 0, 0, 0, Duration.ZERO),
                    CandidatePlans.withoutExits(facts)))
            .explain(unsure, Optional.empty());

    // Sending takes exp(0.1) times as long, and the round trip is two deviations longer.
    Standing standing = explanation.standings().get(0);
    assertThat(standing.expected()).isCloseTo(15 * MS, within(1.0));
    assertThat(standing.uncertaintyMargin())
        .isCloseTo(10 * MS * (Math.exp(0.1) - 1) + 2 * MS, within(1.0));
  }

  // --- where nothing holds ----------------------------------------------------------------------

  @Test
  void saysWhichLatencyCannotBeKeptAndByHowMuch() throws Exception {
    Explanation explanation =
        explained(
            "mean_latency <= 5 ms, uplink_bytes <= 20 KB; minimise uplink_bytes",
            estimates(MEGABYTE_PER_SECOND, 0, 0));

    Unreachable unreachable = explanation.unreachable().orElseThrow();
    assertThat(explanation.decision().feasible()).isFalse();
    assertThat(unreachable.givenUp()).isEqualTo(GivenUp.LATENCY);
    assertThat(unreachable.onlyTogether()).isFalse();
    assertThat(unreachable.reaches().get(0).plan()).isEqualTo(PICTURE);
    assertThat(unreachable.reaches().get(0).best().slack()).isCloseTo(-10 * MS, within(1.0));
    assertThat(unreachable.reaches().get(1).best().holds()).isTrue();
    assertThat(explanation.alternatives().get(0).loss().text())
        .isEqualTo("breaks mean_latency <= 5 ms further: 30 ms against 15 ms");
    assertThat(explanation.text())
        .contains("mean_latency <= 5 ms cannot be kept: at best 15 ms, BROKEN by 10 ms");
  }

  /* One right sample proves a twentieth, and of what is late nothing is left. */
  @Test
  void leavesNoAccuracyBelowNothingWhereEveryAnswerIsLate() throws Exception {
    Explanation explanation =
        new Explainer(
                scheduler(
                    "p5_latency <= 5 ms, accuracy >= 90 %, accuracy >= final - 3 pt; minimise"
                        + " uplink_bytes",
                    EXACT))
            .explain(estimates(MEGABYTE_PER_SECOND, 0, 0), Optional.empty());

    assertThat(explanation.unreachable().orElseThrow().givenUp()).isEqualTo(GivenUp.LATENCY);
    Standing floor = explanation.standings().get(1);
    assertThat(floor.value()).isZero();
    assertThat(floor.expected()).isZero();
    assertThat(floor.lateLoss()).isEqualTo(1);
    assertThat(explanation.standings().get(2).value()).as("of all that final has").isEqualTo(-1);
    assertThat(explanation.standings().get(0).lateLoss()).as("not of a latency").isZero();
    assertThat(explanation.text())
        .contains(
            "accuracy >= 90 %          0 %, BROKEN by 90 pt; late answers cost 100 pt",
            "accuracy >= 90 % cannot be kept: at best 0 %, BROKEN by 90 pt; late answers cost 100");
    assertThat(explanation.json().path("constraints").path(1).path("late_loss").asDouble())
        .isEqualTo(1);
    assertThat(explanation.json().path("constraints").path(1).path("value").asDouble()).isZero();
  }

  /** Somebody who asks what would be has said that the link rests, and nobody has found out why. */
  @Test
  void claimsNothingOfWhyALinkRestsThatIsSaidToRest() throws Exception {
    Scheduler scheduler = scheduler("minimise mean_latency", EXACT);
    Estimates resting = Estimates.of(LinkState.RESTING, 1e6, 0.1, 0, 0, 1, 1, 0, 0);
    Explanation supposed = new Explainer(scheduler).explain(resting, Optional.empty());
    PlanDecision found = scheduler.decide(resting, Optional.empty(), 0);

    assertThat(supposed.decision().plan()).isEqualTo(LOCAL).isEqualTo(found.plan());
    assertThat(supposed.decision().reason())
        .startsWith("link at rest, as assumed, stays local: ")
        .doesNotContain("no link could better this");
    assertThat(found.reason()).startsWith("no link could better this, stays local: ");
    assertThat(new Explainer(scheduler).explain(resting, Optional.empty(), found).text())
        .contains("no link could better this");
  }

  @Test
  void saysThatBoundsCannotBeKeptTogether() throws Exception {
    Explanation explanation =
        explained(
            "mean_latency <= 20 ms, uplink_bytes <= 1 KB; minimise worker_compute",
            estimates(MEGABYTE_PER_SECOND, 0, 0));

    Unreachable unreachable = explanation.unreachable().orElseThrow();
    assertThat(unreachable.givenUp()).isEqualTo(GivenUp.BUDGETS);
    assertThat(unreachable.onlyTogether()).isTrue();
    assertThat(explanation.decision().plan()).isEqualTo(PICTURE);
    assertThat(explanation.alternatives().get(0).loss()).isInstanceOf(Loss.Breaks.class);
    assertThat(explanation.text()).contains("but not all of them together");
  }

  @Test
  void saysThatAFloorCannotBeProven() throws Exception {
    Explanation explanation =
        new Explainer(scheduler("mean_latency <= 40 ms, accuracy >= 99 %; minimise latency", EXACT))
            .explain(estimates(MEGABYTE_PER_SECOND, 0, 0), Optional.empty());

    Unreachable unreachable = explanation.unreachable().orElseThrow();
    assertThat(unreachable.givenUp()).isEqualTo(GivenUp.ACCURACY);
    Standing floor = explanation.standings().get(1);
    assertThat(floor.expected()).as("the one sample is right").isEqualTo(1);
    assertThat(floor.value()).as("which proves little").isLessThan(0.5);
    assertThat(unreachable.reaches().get(1).best().slack()).isEqualTo(floor.slack());
    assertThat(explanation.alternatives().get(0).loss())
        .as("as accurate, but slower")
        .isInstanceOf(Loss.Worse.class);
  }

  @Test
  void showsEveryFloorByItsOwnFigure() throws Exception {
    Objective floors =
        Objective.parse(
            "accuracy >= final - 3 pt, accuracy >= 20 %, accuracy >= final - 8 pt; minimise"
                + " worker_compute");
    Scheduler scheduler =
        new Scheduler(
            SyntheticFacts.of(
                new SyntheticFacts.Shape(4, List.of(1, 2), 3000, 10, 6_000_000, false), 1),
            floors,
            EXACT);

    List<Standing> standings =
        new Explainer(scheduler)
            .explain(estimates(MEGABYTE_PER_SECOND, 0, 0), Optional.empty())
            .standings();

    assertThat(standings).allMatch(Standing::holds);
    assertThat(standings.get(2).value())
        .as("what is proven does not depend on what is asked for")
        .isCloseTo(standings.get(0).value(), within(0.015));
    assertThat(standings.get(1).uncertaintyMargin())
        .as("the price of a proof, not of another floor")
        .isLessThan(0.05);
    Appraisal appraisal = scheduler.appraise(estimates(MEGABYTE_PER_SECOND, 0, 0));
    assertThatThrownBy(
            () ->
                appraisal.judged(
                    0, Objective.parse("accuracy >= 30 %; minimise latency").constraints().get(0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void saysThatNoPlanKeepsUpWithTheFrames() throws Exception {
    Explanation explanation =
        explained(
            "mean_latency <= 50 ms; minimise latency", estimates(MEGABYTE_PER_SECOND / 2, 0, 5));

    Unreachable unreachable = explanation.unreachable().orElseThrow();
    assertThat(unreachable.givenUp()).isEqualTo(GivenUp.LATENCY);
    assertThat(unreachable.reaches().get(1).best().value())
        .as("20 ms of sending every 5 ms, or 30 ms of computing")
        .isCloseTo(4, within(1e-9));
    assertThat(explanation.alternatives().get(0).loss().text())
        .contains("keeps up with the frames");
  }

  // --- wrong constants of the energy model ------------------------------------------------------

  private static final double NANOJOULE = 1e-9;

  /* The device draws 1 W while it computes, so that everything on it takes 30 mJ. The radio draws
   * 0.8 W for 10 ms of sending and 0.2 ms of a reply's 200 bytes: 8.16 mJ; and per megabit what a
   * case says, of which the picture has 0.08. */
  private static EnergyDoubt doubt(String objective, double transmitMillijoulesPerMegabit)
      throws ObjectiveSyntaxException {
    return energyExplained(objective, transmitMillijoulesPerMegabit).energy().orElseThrow();
  }

  private static Explanation energyExplained(String objective, double transmitMillijoulesPerMegabit)
      throws ObjectiveSyntaxException {
    EnergyModel model =
        new EnergyModel(
            new DevicePower("watt", 1000, 1000, 0),
            new RadioPower("radio", 0, 0, 800, transmitMillijoulesPerMegabit, 0, List.of()));
    return new Explainer(scheduler(objective, SchedulerOptions.plain().with(model)))
        .explain(estimates(MEGABYTE_PER_SECOND, 0, 0), Optional.empty());
  }

  /* 10 + 8.16 mJ of sending. Only half the power of computing, 15 mJ, comes below that: with the
   * whole transmit energy half as much again it is 23.16 mJ, with the radio's power 22.24. */
  @Test
  void findsByHandTheOneConstantThatTurnsTheRanking() throws Exception {
    EnergyDoubt doubt = doubt("minimise device_energy", 125);

    assertThat(doubt.model()).isEqualTo("watt+radio");
    assertThat(doubt.ranking().order()).containsExactly(0, 1);
    assertThat(doubt.ranking().joulesPerFrame().get(0)).isCloseTo(18.16e-3, within(NANOJOULE));
    assertThat(doubt.ranking().joulesPerFrame().get(1)).isCloseTo(30e-3, within(NANOJOULE));
    assertThat(doubt.lostByAmount()).containsExactly(1);
    assertThat(doubt.turnedBy()).containsExactly(EnergyConstant.NETWORK_POWER);
    assertThat(doubt.robust()).isFalse();
    EnergyRanking.Swap swap = doubt.ranking().swaps().get(0);
    assertThat(doubt.ranking().swaps()).hasSize(1);
    assertThat(swap.factor()).isEqualTo(0.5);
    assertThat(swap.lostJoules()).isCloseTo(3.16e-3, within(NANOJOULE));
  }

  @Test
  void saysWhichConstantTurnsTheChoiceAsTextAndAsJson() throws Exception {
    Explanation explanation = energyExplained("minimise device_energy", 125);

    assertThat(explanation.text())
        .contains(
            """
            ENERGY    by watt+radio, and with each constant halved or raised by half:
                      18.2 mJ    this plan
                      30 mJ      other 1: less than this plan with network power x 0.5 (by 3.16 mJ)
                      NOT ROBUST: the choice turns on network power
            """);
    JsonNode energy = explanation.json().path("energy");
    assertThat(energy.path("model").asText()).isEqualTo("watt+radio");
    assertThat(energy.path("robust").asBoolean()).isFalse();
    assertThat(energy.path("turned_by").toString()).isEqualTo("[\"network_power\"]");
    assertThat(energy.path("ranking").path(0).path("chosen").asBoolean()).isTrue();
    assertThat(energy.path("ranking").path(1).path("plan").asText()).isEqualTo(LOCAL.describe());
    assertThat(energy.path("ranking").path(1).path("lost_by_energy").asBoolean()).isTrue();
    assertThat(energy.path("swaps").toString())
        .isEqualTo(
            "[{\"thriftier\":\"%s\",\"other\":\"%s\",\"constant\":\"network_power\",\"factor\":0.5,\"by_joules\":0.00316}]"
                .formatted(PICTURE.describe(), LOCAL.describe()));
  }

  /* 2 + 8.16 mJ, all half as much again 15.24: more than half of 30 mJ, but only together. */
  @Test
  void tellsWhatSeveralWrongConstantsTurnFromWhatNoneTurns() throws Exception {
    EnergyDoubt together = doubt("minimise device_energy", 25);
    // 0.8 + 8.16 mJ, half as much again 13.44.
    EnergyDoubt never = doubt("minimise device_energy", 10);

    assertThat(together.robust()).isTrue();
    assertThat(together.ranking().swaps()).isEmpty();
    assertThat(together.turnedTogether()).isTrue();
    assertThat(energyExplained("minimise device_energy", 25).text())
        .contains(
            "other 1: less than this plan only if several are wrong",
            "robust: no constant alone turns the choice; several wrong at once may");
    assertThat(never.robust()).isTrue();
    assertThat(never.turnedTogether()).isFalse();
    assertThat(never.ranking().robust()).isTrue();
    assertThat(energyExplained("minimise device_energy", 10).text())
        .contains(
            "other 1: stays in its place",
            "robust: no constant that is wrong by half turns the choice");
  }

  @Test
  void aTurnedRankingTurnsNoChoiceThatEnergyDidNotMake() throws Exception {
    String objective = "mean_latency <= 20 ms; minimise device_energy";
    EnergyDoubt doubt = doubt(objective, 125);

    assertThat(doubt.ranking().swaps()).hasSize(1);
    assertThat(doubt.lostByAmount()).isEmpty();
    assertThat(doubt.robust()).isTrue();
    assertThat(energyExplained(objective, 125).text().replaceAll("\\s+", " "))
        .contains(
            "less than this plan with network power x 0.5 (by 3.16 mJ); not why it lost",
            "robust: no constant that is wrong by half turns the choice");
  }

  /* The picture takes 18.16 mJ, with half as much again per megabit 23.16; the device 30 or 15. */
  @Test
  void findsByHandWhichConstantsTurnABoundOnEnergy() throws Exception {
    String objective = "device_energy <= 22.5 mJ; minimise mean_latency";
    EnergyDoubt doubt = doubt(objective, 125);

    assertThat(doubt.lostByAmount()).isEmpty();
    assertThat(doubt.lostByBounds()).containsExactly(1);
    assertThat(doubt.boundTurns())
        .extracting(
            EnergyDoubt.BoundTurn::plan,
            EnergyDoubt.BoundTurn::constant,
            EnergyDoubt.BoundTurn::factor,
            EnergyDoubt.BoundTurn::holds)
        .containsExactly(
            tuple(0, EnergyConstant.TRANSMIT_ENERGY, 1.5, false),
            tuple(1, EnergyConstant.NETWORK_POWER, 0.5, true));
    assertThat(doubt.boundTurns().get(0).joules()).isCloseTo(23.16e-3, within(NANOJOULE));
    assertThat(doubt.turnedBy())
        .containsExactly(EnergyConstant.NETWORK_POWER, EnergyConstant.TRANSMIT_ENERGY);
    assertThat(energyExplained(objective, 125).text())
        .contains("this plan breaks device_energy <= ", "with transmit energy x 1.5 (23.2 mJ)")
        .doesNotContain("not why it lost");
    assertThat(energyExplained(objective, 125).json().path("energy").path("bounds")).hasSize(2);
  }

  @Test
  void saysNothingOfConstantsWhereTheObjectiveDoesNotCountEnergy() throws Exception {
    Explanation explanation = energyExplained("minimise mean_latency", 125);

    assertThat(explanation.energy()).isEmpty();
    assertThat(explanation.text()).doesNotContain("ENERGY");
    assertThat(explanation.json().path("energy").isNull()).isTrue();
  }

  // --- manners ----------------------------------------------------------------------------------

  @Test
  void givesTheSameExplanationTwiceAndLeavesDecisionsAsTheyWere() throws Exception {
    Scheduler asked = new Scheduler(small(1), goal(), SchedulerOptions.defaults());
    Scheduler left = new Scheduler(small(1), goal(), SchedulerOptions.defaults());
    Explainer explainer = new Explainer(asked);
    Optional<Plan> current = Optional.empty();
    for (int i = 0; i < 4; i++) {
      Estimates estimates = link(i % 2 == 0 ? 8 : 1.5, 25);
      PlanDecision decision = asked.decide(estimates, current, i * 400L * MS);
      Explanation first = explainer.explain(estimates, current, decision);

      assertThat(explainer.explain(estimates, current, decision)).isEqualTo(first);
      assertThat(left.decide(estimates, current, i * 400L * MS)).isEqualTo(decision);
      current = Optional.of(decision.plan());
    }
    assertThat(explainer.sensitivity(link(8, 25), current.orElseThrow(), Condition.ROUND_TRIP))
        .isEqualTo(explainer.sensitivity(link(8, 25), current.orElseThrow(), Condition.ROUND_TRIP));
  }

  @Test
  void refusesPlansThatAreNoCandidates() throws Exception {
    Explainer explainer =
        new Explainer(scheduler("minimise mean_latency", SchedulerOptions.plain()));
    Plan strange = new Plan(0, "webp", List.of(new ExitThreshold(0, 0.5)));

    assertThatThrownBy(
            () ->
                explainer.sensitivity(
                    estimates(MEGABYTE_PER_SECOND, 0, 0), strange, Condition.UPLINK_RATE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("webp");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesValuesThatAreNoCondition(double value) {
    for (Condition condition : Condition.values()) {
      assertThatThrownBy(() -> condition.with(link(6, 20), value))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(condition.toString());
    }
  }

  @Test
  void changesOneConditionAndNoOther() {
    Estimates estimates = link(6, 20);
    for (Condition condition : Condition.values()) {
      Estimates changed = condition.with(estimates, 7 * MS);
      assertThat(condition.of(changed)).isEqualTo(7 * MS);
      for (Condition other : Condition.values()) {
        if (other != condition) {
          assertThat(other.of(changed)).isEqualTo(other.of(estimates));
        }
      }
      assertThat(condition.with(changed, condition.of(estimates))).isEqualTo(estimates);
    }
  }

  // --- as text and JSON -------------------------------------------------------------------------

  @Test
  void readsWellInATerminal() throws Exception {
    Scheduler scheduler = new Scheduler(small(2), goal(), SchedulerOptions.defaults());
    for (double mbit : new double[] {20, 2, 0.05}) {
      String text = new Explainer(scheduler).explain(link(mbit, 25), Optional.empty()).text();

      assertThat(text.lines()).allMatch(line -> line.length() <= ExplanationText.WIDTH);
      assertThat(text)
          .contains("PLAN  ", "WHY  ", "GIVEN  ", "BOUNDS  ", "<- binds", "OTHERS  ", "WHAT IF")
          .doesNotContain("NaN", "Infinity");
    }
  }

  @Test
  void saysTheSameAsJson() throws Exception {
    Explanation explanation =
        explained(
            "mean_latency <= 20 ms; minimise uplink_bytes", estimates(MEGABYTE_PER_SECOND, 0, 0));
    var json = explanation.json();

    assertThat(json.path("plan").asText()).isEqualTo("split 0, raw, no exits");
    assertThat(json.path("split").asInt()).isZero();
    assertThat(json.path("feasible").asBoolean()).isTrue();
    assertThat(json.path("binding").asText()).isEqualTo("mean_latency <= 20 ms");
    assertThat(json.path("estimates").path("uplink_mbit").asDouble()).isEqualTo(8);
    assertThat(json.path("estimates").path("frame_period_ms").isNull()).isTrue();
    assertThat(json.path("constraints").path(0).path("slack").asDouble()).isEqualTo(5);
    assertThat(json.path("constraints").path(0).path("unit").asText()).isEqualTo("ms");
    assertThat(json.path("alternatives").path(0).path("why_not").path("kind").asText())
        .isEqualTo("breaks");
    assertThat(json.path("what_if").path(0).path("condition").asText()).isEqualTo("uplink_rate");
    assertThat(json.path("what_if").path(0).path("below").path("value").asDouble())
        .as("from 5.3 Mbit/s on the bound breaks, but only here the device is nearer to it")
        .isCloseTo(8 * 10 / 25.0, within(0.01));
    assertThat(json.path("what_if")).hasSize(Condition.values().length);
    assertThat(json.path("unreachable").isNull()).isTrue();
  }

  // --- made-up bundles --------------------------------------------------------------------------

  private static Objective goal() throws ObjectiveSyntaxException {
    return Objective.parse(
        "p95_latency <= 150 ms, accuracy >= final - 1 pt;"
            + " minimise worker_compute, then uplink_bytes");
  }

  private static BundleFacts small(long seed) {
    return SyntheticFacts.of(
        new SyntheticFacts.Shape(4, List.of(1, 2), 300, 10, 6_000_000, false), seed);
  }

  private static Estimates link(double mbit, double deviceScale) {
    return Estimates.of(
        LinkState.UP, mbit * 125_000, 0.1, 40 * MS, 2 * MS, deviceScale, 1, MS, 200 * MS);
  }
}

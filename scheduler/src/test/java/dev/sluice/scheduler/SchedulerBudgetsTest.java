package dev.sluice.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.explain.Explainer;
import dev.sluice.scheduler.explain.Explanation;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.DeviceModel;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Budgets and targets of misses, throughput, energy, memory and a month's bytes. */
class SchedulerBudgetsTest {
  private static final long MS = 1_000_000;
  private static final BundleFacts FACTS =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 300, 10, 6_000_000, true), 5);

  /** Neither headroom, tolerance nor hysteresis nor proofs: the plain optimum. */
  private static final SchedulerOptions EXACT =
      new SchedulerOptions(false, 1, 2, 0, 0, 0, Duration.ZERO)
          .with(EnergyModel.named("pi4-one-core+lte"))
          .with(plan -> 1000L * (1 + plan.split()));

  private static final List<Plan> CANDIDATES =
      CandidatePlans.sluice(FACTS).stream()
          .flatMap((PlanChain chain) -> chain.plans().stream())
          .toList();

  private static Predictor predictor(Objective objective) {
    return new Predictor(
        FACTS, CANDIDATES, 1, 2, Optional.empty(), EXACT.device().serving(objective));
  }

  private static Estimates link(double mbit, long periodMs) {
    return Estimates.of(
        LinkState.UP, mbit * 125_000, 0.1, 30 * MS, 2 * MS, 12, 1, MS, periodMs * MS);
  }

  private static PlanDecision decide(String objective, Estimates estimates) throws Exception {
    return new Scheduler(FACTS, Objective.parse(objective), EXACT)
        .decide(estimates, Optional.empty(), 0);
  }

  /** Least value of the first target over all candidates whose predictions hold the constraints. */
  private static Optional<Double> exhaustive(
      Predictor predictor, Objective objective, Estimates estimates) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < predictor.size(); i++) {
      Prediction prediction = predictor.predict(i, estimates);
      boolean holds = !prediction.overloaded();
      for (Constraint constraint : objective.constraints()) {
        double value =
            constraint.metric().of(prediction)
                - (constraint.relativeToFinal() ? prediction.finalAccuracy() : 0);
        holds &= constraint.isFloor() ? value >= constraint.bound() : value <= constraint.bound();
      }
      if (holds) {
        double value = objective.targets().get(0).metric().of(prediction);
        least = Math.min(least, objective.targets().get(0).cost(value));
      }
    }
    return least == Double.POSITIVE_INFINITY ? Optional.empty() : Optional.of(least);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "accuracy >= final - 2 pt; minimise device_energy",
        "accuracy >= final - 2 pt, device_energy <= 60 mJ; minimise worker_compute",
        "accuracy >= final - 2 pt, device_energy <= 200 mJ; minimise worker_compute",
        "accuracy >= final - 2 pt, throughput >= 25 fps; minimise uplink_bytes",
        "throughput >= 40 fps, uplink_bytes <= 1 GB/month; minimise device_compute",
        "accuracy >= final - 5 pt; maximise throughput",
        "accuracy >= final - 2 pt; minimise deadline_misses(60 ms)",
        "accuracy >= final - 2 pt, device_memory <= 3 KB; minimise worker_compute",
        "accuracy >= final - 4 pt, uplink_bytes <= 5 GB/month; minimise device_memory",
        "uplink_bytes <= 300 MB/month; maximise accuracy",
        "uplink_bytes <= 50 MB/month; minimise device_compute",
        "uplink_bytes <= 2 GB/month, device_energy <= 200 mJ; minimise worker_compute",
        "device_energy <= 0.001 mJ; minimise latency"
      })
  void findsWhatAnExhaustiveSearchFinds(String text) throws Exception {
    Objective objective = Objective.parse(text);
    Scheduler scheduler = new Scheduler(FACTS, objective, EXACT);
    Predictor predictor = predictor(objective);
    for (double mbit : new double[] {30, 1}) {
      for (long periodMs : new long[] {0, 200, 15_000}) {
        Estimates estimates = link(mbit, periodMs);
        Optional<Double> expected = exhaustive(predictor, objective, estimates);

        PlanDecision decision = scheduler.decide(estimates, Optional.empty(), 0);

        assertThat(decision.feasible())
            .as("%s at %s Mbit/s, %d ms", text, mbit, periodMs)
            .isEqualTo(expected.isPresent());
        if (expected.isPresent()) {
          double value = objective.targets().get(0).metric().of(decision.prediction());
          assertThat(objective.targets().get(0).cost(value))
              .as("%s at %s Mbit/s, %d ms: %s", text, mbit, periodMs, decision.plan())
              .isLessThanOrEqualTo(expected.get() + 1e-9 * Math.abs(expected.get()));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {30, 8, 2, 0.2})
  void aBoundOfMissesPlansAsThePercentileItSays(double mbit) throws Exception {
    String rest = ", accuracy >= final - 2 pt; minimise worker_compute, then uplink_bytes";
    PlanDecision misses = decide("deadline_misses(80 ms) <= 5 %" + rest, link(mbit, 200));
    PlanDecision percentile = decide("p95_latency <= 80 ms" + rest, link(mbit, 200));

    assertThat(misses).isEqualTo(percentile);
    assertThat(misses.feasible())
        .isEqualTo(
            misses.prediction().latency().shareLaterThan(80 * MS) <= 0.05 && percentile.feasible());
  }

  @Test
  void missesThatAreAllowedOfEveryFrameBoundNothing() throws Exception {
    PlanDecision decision =
        decide("deadline_misses(1 ms) <= 100 %; maximise accuracy", link(1, 200));

    assertThat(decision.feasible()).isTrue();
    assertThat(decision.prediction().p50LatencyNanos()).isGreaterThan(MS);
  }

  @Test
  void theRadioDecidesWhoMaySendAtAll() throws Exception {
    String text = "accuracy >= final - 2 pt; minimise device_energy";
    Estimates rare = Estimates.of(LinkState.UP, 1e6, 0.1, 30 * MS, 2 * MS, 300, 1, MS, 15_000 * MS);
    PlanDecision lte =
        new Scheduler(FACTS, Objective.parse(text), EXACT).decide(rare, Optional.empty(), 0);
    PlanDecision wire =
        new Scheduler(
                FACTS, Objective.parse(text), EXACT.with(EnergyModel.named("pi4-one-core+wire")))
            .decide(rare, Optional.empty(), 0);

    assertThat(lte.prediction().offloadedShare()).isZero();
    assertThat(wire.prediction().offloadedShare()).isPositive();
    assertThat(lte.reason()).contains("device_energy").contains("mJ");
  }

  @Test
  void saysByHowMuchAMonthsBudgetAndAThroughputAreMissed() throws Exception {
    assertThat(decide("throughput >= 100000 fps; minimise latency", link(1, 200)).reason())
        .containsPattern("no plan keeps within throughput >= 100000 fps .*over by [0-9]+ %");
    PlanDecision month =
        decide(
            "uplink_bytes <= 2 MB/month, device_compute <= 0.001 ms; minimise latency",
            link(1, 200));
    assertThat(month.feasible()).isFalse();
    assertThat(month.reason()).contains("uplink_bytes <= 2 MB/month");
  }

  @Test
  void saysWhatALinkTakesWhereThatAloneIsMoreThanAMonthsBudget() throws Exception {
    String rest = "accuracy >= final - 5 pt; minimise device_compute";
    Estimates seldom = link(20, 60_000);
    PlanDecision tight = decide("uplink_bytes <= 20 MB/month, " + rest, seldom);
    PlanDecision wide = decide("uplink_bytes <= 0.5 GB/month, " + rest, seldom);
    Objective tightGoal = Objective.parse("uplink_bytes <= 20 MB/month, " + rest);
    Explanation explained =
        new Explainer(new Scheduler(FACTS, tightGoal, EXACT))
            .explain(seldom, Optional.empty(), tight);

    assertThat(tight.plan().usesCloud()).isFalse();
    assertThat(tight.reason())
        .contains("pings and probes alone take 26.92 MB/month, more than 20 MB/month");
    assertThat(explained.text().replaceAll("\\s+", " "))
        .contains("UPKEEP a link that is kept pings every 10 s; with probes that is 26.92 MB/month")
        .contains("MORE than the 20 MB/month bound: only a link at rest keeps it");
    assertThat(explained.json().path("upkeep").path("exceeds").asBoolean()).isTrue();
    assertThat(explained.json().path("upkeep").path("bytes_per_month").asDouble())
        .isEqualTo(26.92e6);
    assertThat(wide.plan().usesCloud()).as("%s", wide).isTrue();
    assertThat(wide.reason()).doesNotContain("pings");
    assertThat(wide.prediction().uplinkBytesPerMonth()).isBetween(25.92e6, 0.5e9);
    assertThat(
            new Explainer(new Scheduler(FACTS, Objective.parse(rest), EXACT))
                .explain(seldom, Optional.empty(), decide(rest, seldom))
                .json()
                .has("upkeep"))
        .as("said only where a month is bounded")
        .isFalse();
  }

  /** With frames that come nobody knows how often, only what sends nothing is sure to hold. */
  @Test
  void holdsNoMonthsBudgetBeforeItKnowsHowOftenFramesCome() throws Exception {
    PlanDecision without = decide("p95_latency <= 150 ms; maximise accuracy", link(20, 0));
    assertThat(without.plan().usesCloud()).isTrue();

    PlanDecision local =
        decide("p95_latency <= 150 ms, uplink_bytes <= 1 GB/month; maximise accuracy", link(20, 0));
    assertThat(local.feasible()).isTrue();
    assertThat(local.prediction().uplinkBytes()).isZero();
    assertThat(local.prediction().uplinkBytesPerMonth()).isZero();

    PlanDecision none =
        decide(
            "device_compute <= 0.001 ms, uplink_bytes <= 1 GB/month; maximise accuracy",
            link(20, 0));
    assertThat(none.feasible()).isFalse();
    assertThat(none.reason())
        .contains("no plan keeps within")
        .contains("uplink_bytes <= 1 GB/month");
  }

  @Test
  void whereNobodyKnowsAMonthsBytesItSendsTheFewest() throws Exception {
    Estimates estimates = link(20, 0).withScales(30, 1);
    String latencyAndFloor = "p95_latency <= 100 ms, accuracy >= final - 5 pt";
    PlanDecision fewest = decide(latencyAndFloor + "; minimise uplink_bytes", estimates);
    assertThat(fewest.plan().usesCloud()).isTrue();

    PlanDecision unknown =
        decide(
            "uplink_bytes <= 1 GB/month, " + latencyAndFloor + "; minimise mean_latency",
            estimates);

    assertThat(unknown.feasible()).isFalse();
    assertThat(unknown.reason()).contains("nobody knows yet how often frames come");
    assertThat(unknown.prediction().uplinkBytes()).isEqualTo(fewest.prediction().uplinkBytes());
  }

  @Test
  void keepsAPlanWhoseThroughputOnlyTheCautiousRateMisses() throws Exception {
    Objective objective =
        Objective.parse("accuracy >= final - 5 pt, throughput >= 12 fps; minimise device_compute");
    Scheduler scheduler = new Scheduler(FACTS, objective, EXACT);
    Plan plan = scheduler.decide(link(8, 200), Optional.empty(), 0).plan();
    Predictor predictor =
        new Predictor(FACTS, List.of(plan), 1, 2, Optional.empty(), DeviceModel.DEFAULT);
    assertThat(plan.usesCloud()).isTrue();
    double mbit = 8;
    /* Slow the link until the cautious throughput breaks and the central one does not. */
    while (predictor.value(0, objective.constraints().get(1).metric(), link(mbit, 200), 1) >= 12) {
      mbit *= 0.99;
    }

    assertThat(predictor.value(0, objective.constraints().get(1).metric(), link(mbit, 200), 0))
        .isGreaterThan(12);
    PlanDecision decision = scheduler.decide(link(mbit, 200), Optional.of(plan), MS);
    assertThat(decision.feasible()).isTrue();
    assertThat(decision.plan()).isEqualTo(plan);
  }

  @Test
  void refusesAnObjectiveOnMemoryThatNobodyKnows() throws Exception {
    Objective objective = Objective.parse("device_memory <= 3 KB; minimise latency");

    assertThatThrownBy(() -> new Scheduler(FACTS, objective, SchedulerOptions.defaults()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("device_memory");
  }

  @Test
  void optionsKeepWhatIsKnownOfTheDevice() {
    SchedulerOptions options = EXACT.with(EnergyModel.named("pi4-one-core+3g")).uncertified();

    assertThat(options.device().energy()).isEqualTo(EnergyModel.named("pi4-one-core+3g"));
    assertThat(options.device().memory()).isPresent();
    assertThat(SchedulerOptions.defaults().device()).isEqualTo(DeviceModel.DEFAULT);
  }
}

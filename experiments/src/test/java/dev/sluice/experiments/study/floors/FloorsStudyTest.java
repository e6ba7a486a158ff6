package dev.sluice.experiments.study.floors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.experiments.report.Claim;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.FloorProof;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloorsStudyTest {
  private static final double HEADROOM = 0.08;
  private static final double DEVICE_SCALE = 25;
  private static final long PERIOD_NANOS = 200_000_000L;
  private static final Question QUESTION =
      Question.of(
          "p95_latency <= 150 ms, accuracy >= final - 2 pt;"
              + " minimise worker_compute, then uplink_bytes");

  private static final List<Condition> LINKS =
      List.of(
          new Condition("0.5 Mbit/s", 0.5, 60),
          new Condition("2 Mbit/s", 2, 40),
          new Condition("20 Mbit/s", 20, 20));

  private static final BundleFacts FACTS =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 1500, 10, 6_000_000, true), 2);

  private static final SchedulerOptions OPTIONS =
      new SchedulerOptions(true, 1, 2, HEADROOM, 0, 0, Duration.ZERO);

  private static Resampling resampling() {
    List<Plan> plans =
        CandidatePlans.sluice(FACTS).stream().flatMap(chain -> chain.plans().stream()).toList();
    return new Resampling(FACTS, plans, OPTIONS, FACTS.certify(), DEVICE_SCALE, PERIOD_NANOS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"worker_compute", "device_compute"})
  void choosesAsTheSchedulerDoes(String target) {
    Question question =
        Question.of(
            "p95_latency <= 150 ms, accuracy >= final - 2 pt; minimise %s, then uplink_bytes"
                .formatted(target));
    Predictor predictor = resampling().predictor(question);
    FloorProof.Proven proven = FloorProof.of(predictor, question.objective()).prove();
    Scheduler scheduler = new Scheduler(FACTS, question.objective(), OPTIONS);
    int compared = 0;
    for (Condition condition : LINKS) {
      Estimates estimates = condition.estimates(DEVICE_SCALE, PERIOD_NANOS);
      Ranking ranking = new Ranking(predictor, question, estimates, HEADROOM);
      OptionalInt chosen = ranking.choose(proven::gap);
      if (chosen.isPresent()) {
        compared++;
        PlanDecision decision = scheduler.decide(estimates, Optional.empty(), 0);
        assertThat(decision.feasible()).as(condition.name()).isTrue();
        assertThat(ranking.cost(chosen.getAsInt()))
            .as(condition.name())
            .isEqualTo(question.cost().of(decision.prediction()));
      }
    }
    assertThat(compared).isPositive();
  }

  @Test
  void drawsTablesFromThePoolAndLooksThereWhetherFloorsHold() {
    Findings findings = resampling().ask(QUESTION, LINKS, 60, 20, new SplittableRandom(3));

    assertThat(findings.choices()).hasSameSizeAs(LINKS);
    assertThat(findings.anyBroken()).isBetween(0.0, 0.35);
    assertThat(findings.proven()).isLessThanOrEqualTo(findings.tested());
    assertThat(findings.mostBroken()).isLessThanOrEqualTo(findings.anyBroken());
  }

  @Test
  void claimsTheWorstShareAndTheGeometricMeanOfCosts() {
    Findings one = findings(0.02, 0.01, 2, 1);
    Findings other = findings(0.06, 0.04, 1, 2);

    List<Claim> claims = FloorsStudy.claims(List.of(one, other));

    assertThat(claims.get(0).measured()).isEqualTo(0.06);
    assertThat(claims.get(0).holds()).isFalse();
    assertThat(claims.get(1).measured()).isEqualTo(0.04);
    assertThat(claims.get(1).holds()).isTrue();
    assertThat(claims.get(3).measured()).isCloseTo(1, within(1e-12));
    assertThat(claims.get(4).measured()).as("no such question").isNaN();
  }

  @Test
  void claimsHowOftenNothingProvenIsInTimeWhereSomethingElseIs() {
    Findings often = findings(0.2, 0, 0, 2, 1);
    Findings nobodyIs = findings(1, 0, 0, Double.NaN, Double.NaN);

    Claim claim = FloorsStudy.claims(List.of(often, nobodyIs)).get(2);

    assertThat(claim.measured()).isEqualTo(0.2);
    assertThat(claim.holds()).isFalse();
  }

  @Test
  void aCostWhereTheUncertifiedChoiceHasNoneIsClaimedByItself() {
    Findings ratio = findings(0, 0, 2, 1);
    Findings nothing = findings(0, 0, 0, 0);
    Findings something = findings(0, 0, 3e6, 0);

    List<Claim> claims = FloorsStudy.claims(List.of(ratio, nothing, something));

    assertThat(FloorsStudy.claims(List.of(ratio))).hasSize(5);
    Claim added = claims.get(4);
    assertThat(added.name()).contains("where that of the uncertified choice is 0");
    assertThat(added.measured()).isEqualTo(1.5);
    assertThat(added.samples()).isEqualTo(2);
    assertThat(added.holds()).isFalse();
  }

  private static Findings findings(double any, double broken, double cost, double uncertified) {
    return findings(0, any, broken, cost, uncertified);
  }

  private static Findings findings(
      double nothing, double any, double broken, double cost, double uncertified) {
    return new Findings(
        QUESTION,
        60,
        100,
        10,
        5,
        2,
        any,
        List.of(
            new Findings.Choices(
                LINKS.get(0), nothing, broken, cost, uncertified, -0.01, uncertified)));
  }
}

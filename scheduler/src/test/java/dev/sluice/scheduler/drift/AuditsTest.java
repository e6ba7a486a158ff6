package dev.sluice.scheduler.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.drift.Recalibration.Change;
import dev.sluice.scheduler.drift.Recalibration.Verdict;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class AuditsTest {
  private static final double TARGET = 0.97;
  private static final Plan PLAN = new Plan(1, "f32", List.of(new ExitThreshold(0, 0.9)));
  private static final BundleFacts FACTS =
      BurstyFrames.facts(new SplittableRandom(1), 20, 100, 50, true);

  @Test
  void auditsTheConfiguredShareAndMoreOftenNearTheThreshold() {
    SplittableRandom random = new SplittableRandom(2);
    Audits audits = new Audits(FACTS, Optional.empty(), AuditOptions.defaults(), random);
    BurstyFrames frames = new BurstyFrames(random, 20);
    int confident = 0;
    int near = 0;
    int nearDrawn = 0;
    int drawn = 0;
    for (int i = 0; i < 600_000; i++) {
      frames.next();
      if (frames.stop(PLAN) == 0) {
        boolean close = frames.confidence[0] < 0.95;
        Optional<AuditDraw> draw = audits.draw(i, PLAN, 0, frames.confidence[0]);
        confident++;
        near += close ? 1 : 0;
        if (draw.isPresent()) {
          drawn++;
          nearDrawn += close ? 1 : 0;
          assertThat(draw.get().stopped()).isTrue();
        }
      }
    }
    double farRate = (double) (drawn - nearDrawn) / (confident - near);
    assertThat((double) drawn / confident).isCloseTo(0.02, within(0.0015));
    assertThat((double) nearDrawn / near / farRate).isCloseTo(3, within(0.4));
  }

  @Test
  void estimatesTheAgreementOfTheWholeStream() {
    SplittableRandom random = new SplittableRandom(3);
    Audits audits = new Audits(FACTS, Optional.empty(), AuditOptions.defaults(), random);
    Plan plan = new Plan(2, "f32", List.of(new ExitThreshold(0, 0.85), new ExitThreshold(1, 0.8)));
    BurstyFrames frames = new BurstyFrames(random, 20);
    int[] confident = new int[2];
    int[] agreeing = new int[2];
    for (int i = 0; i < 400_000; i++) {
      frames.next();
      int exit = frames.stop(plan);
      if (exit < 2) {
        boolean agrees = frames.agrees[exit];
        confident[exit]++;
        agreeing[exit] += agrees ? 1 : 0;
        audits
            .draw(i, plan, exit, frames.confidence[exit])
            .ifPresent(draw -> audits.add(draw, agrees));
      }
    }
    Agreement all = audits.agreement().orElseThrow();
    double truth = (double) (agreeing[0] + agreeing[1]) / (confident[0] + confident[1]);
    assertThat(truth).isBetween(all.lower(), all.upper());
    assertThat(all.upper() - all.lower()).isLessThan(0.02);
    assertThat(all.answers())
        .isCloseTo(confident[0] + confident[1], within(0.05 * (confident[0] + confident[1])));
    for (int exit = 0; exit < 2; exit++) {
      Agreement one = audits.agreement(exit).orElseThrow();
      assertThat((double) agreeing[exit] / confident[exit])
          .as("exit %d", exit)
          .isBetween(one.lower() - 0.005, one.upper() + 0.005);
    }
  }

  /** Of what scores at least t, a share 1 - k (1 - t) / 2 agrees. */
  private static final class Linear {
    private final SplittableRandom random;
    private final double k;
    final Audits audits;

    Linear(int seed, double k, AuditOptions options) {
      random = new SplittableRandom(seed);
      this.k = k;
      audits = new Audits(FACTS, Optional.empty(), options, random);
    }

    Linear frames(int count, Plan plan, boolean passesToo) {
      double threshold = plan.exits().get(0).threshold();
      for (int i = 0; i < count; i++) {
        double score = 0.5 + 0.5 * random.nextDouble();
        boolean agrees = random.nextDouble() >= k * (1 - score);
        if (score >= threshold) {
          audits.draw(i, plan, 0, score).ifPresent(draw -> audits.add(draw, agrees));
        } else if (passesToo) {
          audits.passed(i, plan, 0, score, 1).ifPresent(draw -> audits.add(draw, agrees));
        }
      }
      return this;
    }

    double truth(double threshold) {
      return 1 - k * (1 - threshold) / 2;
    }

    Verdict verdict() {
      return audits.recalibrate(PLAN).verdicts().get(0);
    }
  }

  @Test
  void raisesAThresholdThatMissesTheTargetToTheLeastOneShownToReachIt() {
    // 95 % agree from 0.9 on; 97 % from 0.94 on.
    Verdict verdict = new Linear(4, 1, often()).frames(800_000, PLAN, false).verdict();

    assertThat(verdict.change()).isEqualTo(Change.RAISED);
    assertThat(verdict.after()).isEqualTo(0.95);
    assertThat(verdict.describe()).contains("exit 0 rises from 0.900 to 0.950", "95");
  }

  @Test
  void keepsAThresholdThatReachesTheTargetAndIsNoBolderWithoutAuditsBelowIt() {
    Verdict verdict = new Linear(5, 0.2, often()).frames(200_000, PLAN, false).verdict();

    assertThat(verdict.change()).isEqualTo(Change.KEPT);
    assertThat(verdict.after()).isEqualTo(0.9);
  }

  @Test
  void lowersAThresholdWhereEnoughAuditsSayThatABolderOneReachesTheTarget() {
    // 97 % agree from 0.8 on.
    Verdict verdict = new Linear(6, 0.3, often()).frames(100_000, PLAN, true).verdict();

    assertThat(verdict.change()).isEqualTo(Change.LOWERED);
    assertThat(verdict.after()).isEqualTo(0.83);
  }

  @Test
  void doesNotLowerAThresholdByFewAudits() {
    AuditOptions demanding = options(0.3, 200_000);
    assertThat(new Linear(6, 0.3, demanding).frames(100_000, PLAN, true).verdict().change())
        .isEqualTo(Change.KEPT);
  }

  @Test
  void shutsAnExitWhoseConfidentAnswersAreShownToMissTheTargetAtAnyThreshold() {
    Linear frames = new Linear(7, 1, often());
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 100_000; i++) {
      boolean agrees = random.nextDouble() < 0.9;
      frames
          .audits
          .draw(i, PLAN, 0, 0.9 + 0.1 * random.nextDouble())
          .ifPresent(draw -> frames.audits.add(draw, agrees));
    }
    Recalibration result = frames.audits.recalibrate(PLAN);
    assertThat(result.verdicts().get(0).change()).isEqualTo(Change.SHUT);
    assertThat(result.applyTo(PLAN).exits().get(0).stops(1)).isFalse();
    assertThat(result.allows(PLAN)).isFalse();
  }

  @Test
  void leavesThresholdsAloneWhileAuditsSayTooLittle() {
    Verdict never = new Linear(8, 1, often()).verdict();
    assertThat(never.change()).isEqualTo(Change.TOO_FEW);
    assertThat(never.agreement()).isEmpty();
    assertThat(never.describe())
        .isEqualTo("exit 0 stays at 0.900 for want of audits, never audited");

    Verdict few = new Linear(8, 1, often()).frames(500, PLAN, false).verdict();
    assertThat(few.change()).isEqualTo(Change.TOO_FEW);

    // 97.5 % agree, which three hundred audits neither show nor disprove.
    Verdict some = new Linear(8, 0.5, often()).frames(5000, PLAN, false).verdict();
    assertThat(some.change()).isIn(Change.UNDECIDED, Change.KEPT, Change.RAISED);
    assertThat(some.after()).isGreaterThanOrEqualTo(0.9);
  }

  /** Two hundred recalibrations, each on its own audits: hardly one ends at a level too bold. */
  @Test
  void hardlyEverEndsAtAThresholdThatMissesTheTarget() {
    int wrong = 0;
    int changed = 0;
    int runs = 200;
    for (int seed = 0; seed < runs; seed++) {
      double k = 0.2 + 0.006 * seed; // agreement at 0.9 from 99 to 93 %
      Linear frames = new Linear(100 + seed, k, often()).frames(8_000, PLAN, true);
      Verdict verdict = frames.verdict();
      boolean says = verdict.change() != Change.TOO_FEW && verdict.change() != Change.UNDECIDED;
      changed += verdict.after() != verdict.before() ? 1 : 0;
      wrong += says && verdict.after() <= 1 && frames.truth(verdict.after()) < TARGET ? 1 : 0;
    }
    assertThat(changed).isGreaterThan(runs / 3);
    assertThat(wrong).isLessThan(runs / 20);
  }

  @Test
  void demandsMoreOfEveryFurtherRecalibration() {
    Linear frames = new Linear(9, 0.4, often()).frames(60_000, PLAN, false);
    double first = frames.verdict().agreement().orElseThrow().lower();
    double second = frames.verdict().agreement().orElseThrow().lower();
    assertThat(second).isLessThan(first);
  }

  @Test
  void countsAuditsOfOtherPlansOnlyWhereEarlierExitsWereAtLeastAsBold() {
    Plan bold = new Plan(2, "f32", List.of(new ExitThreshold(0, 0.6), new ExitThreshold(1, 0.9)));
    Plan here = new Plan(2, "f32", List.of(new ExitThreshold(0, 0.8), new ExitThreshold(1, 0.9)));
    Plan without = new Plan(2, "f32", List.of(new ExitThreshold(1, 0.9)));
    Plan higher =
        new Plan(2, "f32", List.of(new ExitThreshold(0, 0.6), new ExitThreshold(1, 0.95)));
    for (Plan audited : List.of(bold, here, without, higher)) {
      Audits audits = audits(often());
      for (int i = 0; i < 20_000; i++) {
        audits.draw(i, audited, 1, 0.96).ifPresent(draw -> audits.add(draw, true));
      }
      Verdict verdict = audits.recalibrate(here).verdicts().get(1);
      boolean counts = audited.equals(bold) || audited.equals(here);
      assertThat(verdict.change())
          .as(audited.describe())
          .isEqualTo(counts ? Change.KEPT : Change.TOO_FEW);
    }
  }

  @Test
  void lowersThresholdsOfTheCheckedPlanOnlyAndRaisesThoseOfEveryPlan() {
    Verdict up = new Verdict(0, 0.9, 0.95, Change.RAISED, Optional.empty());
    Verdict down = new Verdict(1, 0.8, 0.7, Change.LOWERED, Optional.empty());
    Plan checked =
        new Plan(2, "f32", List.of(new ExitThreshold(0, 0.9), new ExitThreshold(1, 0.8)));
    Plan other = new Plan(3, "f32", List.of(new ExitThreshold(0, 0.99), new ExitThreshold(1, 0.8)));
    Plan anytime = Plan.local(2, List.of(new ExitThreshold(0, 0.5), new ExitThreshold(1, 0)));
    Recalibration result = new Recalibration(checked, List.of(up, down));

    assertThat(result.applyTo(checked).exits())
        .containsExactly(new ExitThreshold(0, 0.95), new ExitThreshold(1, 0.7));
    assertThat(result.applyTo(other)).isEqualTo(other);
    assertThat(result.applyTo(anytime).exits())
        .containsExactly(new ExitThreshold(0, 0.95), new ExitThreshold(1, 0));
    assertThat(result.allows(checked)).isFalse();
    assertThat(result.allows(other)).isTrue();
    assertThat(result.allows(result.applyTo(anytime))).isTrue();
    assertThat(result.changesAnything()).isTrue();
    assertThatThrownBy(() -> new Recalibration(checked, List.of(up, up)))
        .hasMessageContaining("exit 0");
  }

  @Test
  void makesASchedulerThatStopsNowhereBelowARaisedThreshold() throws Exception {
    BundleFacts facts =
        SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 300, 10, 6_000_000, false), 7);
    Objective objective =
        Objective.parse(
            "p95_latency <= 80 ms, accuracy >= final - 5 pt; minimise uplink_bytes, minimise device_compute");
    SchedulerOptions options = SchedulerOptions.defaults().uncertified();
    Estimates estimates =
        Estimates.of(LinkState.UP, 1_000_000, 0.1, 20_000_000, 1_000_000, 3, 1, 0, 0);
    Scheduler before = new Scheduler(facts, objective, options);
    Plan plan = before.decide(estimates, Optional.empty(), 0).plan();
    ExitThreshold bold =
        plan.exits().stream().filter(exit -> exit.threshold() > 0).findFirst().orElseThrow();
    double cautious = (1 + bold.threshold()) / 2;
    Recalibration raised =
        new Recalibration(
            plan,
            List.of(
                new Verdict(
                    bold.exit(), bold.threshold(), cautious, Change.RAISED, Optional.empty())));

    Scheduler after = new Scheduler(facts, objective, options, Optional.empty(), raised::allows);
    Plan then = after.decide(estimates, Optional.of(plan), 0).plan();

    assertThat(raised.allows(plan)).isFalse();
    assertThat(after.candidates()).isLessThan(before.candidates());
    assertThat(then).isNotEqualTo(plan);
    assertThat(then.exits())
        .noneMatch(
            exit ->
                exit.exit() == bold.exit() && exit.threshold() > 0 && exit.threshold() < cautious);
  }

  @Test
  void auditsPoliciesThatAreNoThresholdsAllAlikeAndRecalibratesNone() {
    ExitCriterion lead =
        new ExitCriterion() {
          @Override
          public boolean active(int exit) {
            return true;
          }

          @Override
          public boolean stops(
              int exit, int predicted, double confidence, double margin, double nats, int same) {
            return margin > 0.5;
          }
        };
    Audits audits =
        new Audits(FACTS, Optional.of(lead), options(0.5, 500), new SplittableRandom(3));
    Plan plan = new Plan(1, "f32", List.of(new ExitThreshold(0, 1)));
    for (int i = 0; i < 100; i++) {
      audits.draw(i, plan, 0, 0.6).ifPresent(draw -> audits.add(draw, true));
    }
    assertThat(audits.agreement().orElseThrow().answers()).isBetween(50.0, 150.0);
    assertThat(audits.recalibrate(plan).verdicts()).isEmpty();
    assertThat(audits.recalibrate(plan).changesAnything()).isFalse();
  }

  @Test
  void drawsNothingWhereThereIsNothingToAudit() {
    Audits audits = audits(options(1, 500));
    assertThat(audits.draw(0, PLAN, 0, 0.95)).isPresent();
    assertThat(audits.draw(0, PLAN, 0, 0.89)).isEmpty();
    assertThat(audits.draw(0, PLAN, 0, Double.NaN)).isEmpty();
    assertThat(audits.draw(0, PLAN, 0, 1.5)).isEmpty();
    assertThat(audits.draw(0, PLAN, 1, 0.95)).isEmpty();
    assertThat(audits.draw(0, PLAN, 3, 0.95)).isEmpty();
    assertThat(audits.draw(0, PLAN, -1, 0.95)).isEmpty();
    assertThat(audits.draw(0, PLAN, 99, 0.95)).isEmpty();
    assertThat(audits.passed(0, PLAN, 0, 0.95, 1)).isEmpty();
    assertThat(audits.passed(0, PLAN, 0, Double.NaN, 1)).isEmpty();
    assertThat(audits.agreement()).isEmpty();
    assertThatThrownBy(() -> audits.draw(-1, PLAN, 0, 0.95)).hasMessageContaining("frame");
    assertThatThrownBy(() -> audits.passed(0, PLAN, 0, 0.5, 0)).hasMessageContaining("probability");
    assertThat(audits(options(0, 500)).draw(0, PLAN, 0, 0.95)).isEmpty();
  }

  @Test
  void remembersTheLatestAuditsOnly() {
    Audits audits =
        new Audits(
            FACTS,
            Optional.empty(),
            new AuditOptions(1, 0.05, 1, TARGET, 0.95, 500, 1, 100),
            new SplittableRandom(1));
    for (int i = 0; i < 1000; i++) {
      boolean agrees = i >= 900;
      audits.draw(i, PLAN, 0, 0.95).ifPresent(draw -> audits.add(draw, agrees));
    }
    Agreement agreement = audits.agreement().orElseThrow();
    assertThat(agreement.audits()).isEqualTo(100);
    assertThat(agreement.share()).isEqualTo(1);
  }

  @Test
  void refusesOptionsOutOfRange() {
    assertThatThrownBy(() -> new AuditOptions(-0.1, 0.05, 3, TARGET, 0.95, 500, 30, 100))
        .hasMessageContaining("share");
    assertThatThrownBy(() -> new AuditOptions(0.1, Double.NaN, 3, TARGET, 0.95, 500, 30, 100))
        .hasMessageContaining("nearWidth");
    assertThatThrownBy(() -> new AuditOptions(0.1, 0.05, 0.5, TARGET, 0.95, 500, 30, 100))
        .hasMessageContaining("nearBoost");
    assertThatThrownBy(() -> new AuditOptions(0.1, 0.05, 3, 1, 0.95, 500, 30, 100))
        .hasMessageContaining("target");
    assertThatThrownBy(() -> new AuditOptions(0.1, 0.05, 3, TARGET, 0.5, 500, 30, 100))
        .hasMessageContaining("confidence");
    assertThatThrownBy(() -> new AuditOptions(0.1, 0.05, 3, TARGET, 0.95, 0, 30, 100))
        .hasMessageContaining("leastToLower");
    assertThatThrownBy(() -> new AuditOptions(0.1, 0.05, 3, TARGET, 0.95, 500, 0, 100))
        .hasMessageContaining("burstAnswers");
    assertThatThrownBy(() -> new AuditOptions(0.1, 0.05, 3, TARGET, 0.95, 500, 30, 0))
        .hasMessageContaining("mostAudits");
  }

  private static Audits audits(AuditOptions options) {
    RandomGenerator random = new SplittableRandom(1);
    return new Audits(FACTS, Optional.empty(), options, random);
  }

  /** A share large enough to learn much from a short stream; frames there are independent. */
  private static AuditOptions often() {
    return options(0.3, 500);
  }

  private static AuditOptions options(double share, int leastToLower) {
    return new AuditOptions(share, 0.05, 2, TARGET, 0.95, leastToLower, 1, 1_000_000);
  }
}

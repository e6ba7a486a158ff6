package dev.sluice.scheduler.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DriftWatchTest {
  private static final int SCENE = 20;
  private static final int TABLES = 6;
  private static final int STREAM = 200_000;

  /** So often that false flags can be counted in a test. */
  private static final int FALSE_ALARM_ANSWERS = 10_000;

  private static final Plan DEEP = split(3, 0.9, 0.9, 0.9);
  private static final Plan SHALLOW = split(1, 0.85);
  private static final Plan LOCAL =
      Plan.local(4, List.of(new ExitThreshold(0, 0.95), new ExitThreshold(2, 0.8)));

  static Stream<Plan> plans() {
    return Stream.of(DEEP, SHALLOW, LOCAL);
  }

  @ParameterizedTest
  @MethodSource("plans")
  void raisesFalseFlagsLessOftenThanSetThoughHardFramesComeInBursts(Plan plan) {
    long flags = 0;
    for (int seed = 0; seed < TABLES; seed++) {
      long here = falseFlags(seed, SCENE, options(30), true, frame -> plan);
      assertThat(here).as("flags with the tables of seed %d", seed).isLessThan(perStream());
      flags += here;
    }
    assertThat(flags).isLessThan(TABLES * perStream() / 2);
  }

  @Test
  void raisesFalseFlagsLessOftenThanSetWhileThePlanChangesAmidTheBursts() {
    long flags = 0;
    for (int seed = 0; seed < TABLES; seed++) {
      SplittableRandom dice = new SplittableRandom(1000 + seed);
      List<Plan> plans = plans().toList();
      Plan[] now = {DEEP};
      flags +=
          falseFlags(
              seed,
              SCENE,
              options(30),
              true,
              frame -> {
                if (dice.nextInt(15) == 0) {
                  now[0] = plans.get(dice.nextInt(plans.size()));
                }
                return now[0];
              });
    }
    assertThat(flags).isLessThan(TABLES * perStream());
  }

  /** False flags of one plan with all tables. */
  private static long falseFlags(int scene, DriftOptions options, boolean numbered) {
    long flags = 0;
    for (int seed = 0; seed < TABLES; seed++) {
      flags += falseFlags(seed, scene, options, numbered, frame -> DEEP);
    }
    return flags;
  }

  @Test
  void raisesFalseFlagsLessOftenThanSetWhereTablesKnowNoSequences() {
    assertThat(falseFlags(SCENE, options(30), false)).isLessThan(TABLES * perStream());
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 10, 50})
  void raisesFalseFlagsLessOftenThanSetThoughScenesAreManyTimesAsLongAsCalibrated(int times) {
    assertThat(falseFlags(times * SCENE, options(30), true)).isLessThan(TABLES * perStream());
  }

  @Test
  void raisesFalseFlagsLessOftenThanSetThoughFramesWereTakenAsIndependent() {
    assertThat(falseFlags(SCENE, options(1), false)).isLessThan(TABLES * perStream());
  }

  /* The same bets on the same streams, bursts neither assumed nor measured. */
  @Test
  void wouldRaiseManyFalseFlagsIfItKnewNothingOfBursts() {
    long flags = 0;
    for (int seed = 0; seed < TABLES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      BundleFacts facts = BurstyFrames.facts(random, 1, 1000, 1, false);
      Expectation expected =
          Expectation.of(facts, DEEP, Optional.empty(), options(1)).orElseThrow();
      BurstyFrames frames = new BurstyFrames(random, SCENE);
      double[] sum = new double[Expectation.BETS];
      for (int i = 0; i < STREAM; i++) {
        frames.next();
        int exit = frames.stop(DEEP);
        boolean flag = false;
        for (int bet = 0; bet < sum.length; bet++) {
          sum[bet] = Math.max(0, sum[bet] + expected.gain(bet, exit));
          flag |= sum[bet] >= expected.bet(bet).limit();
        }
        if (flag) {
          flags++;
          sum = new double[Expectation.BETS];
        }
      }
    }
    assertThat(flags).isGreaterThan(10 * TABLES * perStream());
  }

  /** Early exits fall from 56 to 31 %, from 37 to 19 % and from 71 to 56 %; 200 drives known. */
  @ParameterizedTest
  @MethodSource("plans")
  void findsAModerateDropOfExitRatesWithinFifteenThousandAnswers(Plan plan) {
    int seeds = 20;
    double mean = 0;
    for (int seed = 0; seed < seeds; seed++) {
      DriftWatch watch = watch(seed);
      BurstyFrames frames = new BurstyFrames(new SplittableRandom(100 + seed), SCENE);
      calibrated(frames, watch, plan);
      frames.sureness = 0.7;
      int found = frames.framesToFlag(watch, plan, 20_000);
      assertThat(found).as("seed %d", seed).isLessThan(15_000);
      assertThat(watch.state()).isIn(DriftState.DEEPER, DriftState.COLLAPSED);
      mean += (double) found / seeds;
    }
    assertThat(mean).isLessThan(7500);
  }

  /** Early exits fall from 56 to none, from 37 to none and from 71 to 9 %. */
  @ParameterizedTest
  @MethodSource("plans")
  void findsACollapseWithinFifteenHundredAnswers(Plan plan) {
    for (int seed = 0; seed < 20; seed++) {
      DriftWatch watch = watch(seed);
      BurstyFrames frames = new BurstyFrames(new SplittableRandom(100 + seed), SCENE);
      calibrated(frames, watch, plan);
      frames.sureness = 0.3;
      assertThat(frames.framesToFlag(watch, plan, 20_000)).as("seed %d", seed).isLessThan(1500);
    }
  }

  /** Early exits rise from 56 to 79 %, from 37 to 55 % and from 71 to 84 %. */
  @ParameterizedTest
  @MethodSource("plans")
  void findsExitsThatHaveBecomeTooSureWithinFifteenThousandAnswers(Plan plan) {
    int seeds = 20;
    double mean = 0;
    for (int seed = 0; seed < seeds; seed++) {
      DriftWatch watch = watch(seed);
      BurstyFrames frames = new BurstyFrames(new SplittableRandom(100 + seed), SCENE);
      calibrated(frames, watch, plan);
      frames.sureness = 1.5;
      int found = frames.framesToFlag(watch, plan, 20_000);
      assertThat(found).as("seed %d", seed).isLessThan(15_000);
      assertThat(watch.state()).isEqualTo(DriftState.SHALLOWER);
      mean += (double) found / seeds;
    }
    assertThat(mean).isLessThan(7500);
  }

  /* Those that stop early are never cut off: left out, the others would make the stream look easy. */
  @Test
  void raisesNoFlagThoughEveryFrameThatGoesPastTheFirstExitIsCutOff() {
    for (int seed = 0; seed < TABLES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      BundleFacts facts = BurstyFrames.facts(random, SCENE, 200, 40, true);
      DriftWatch told = new DriftWatch(facts, Optional.empty(), DriftOptions.defaults());
      DriftWatch leftOut = new DriftWatch(facts, Optional.empty(), DriftOptions.defaults());
      BurstyFrames frames = new BurstyFrames(random, SCENE);
      for (int i = 0; i < 50_000; i++) {
        frames.next();
        int exit = frames.stop(DEEP);
        if (exit == 0) {
          told.observe(DEEP, 0, frames.confidence[0], i);
          leftOut.observe(DEEP, 0, frames.confidence[0], i);
        } else {
          told.observePast(DEEP, 0, i);
        }
      }
      assertThat(told.report().flags()).as("seed %d", seed).isZero();
      assertThat(told.report().answers()).isEqualTo(50_000);
      assertThat(leftOut.state()).isEqualTo(DriftState.SHALLOWER);
    }
  }

  @Test
  void ignoresAFrameThatWentPastAnExitWhichThePlanDoesNotHave() {
    DriftWatch watch = watch(1);
    watch.observePast(SHALLOW, 2, 1);
    watch.observePast(SHALLOW, 3, 2);
    watch.observePast(SHALLOW, -1, 3);
    assertThat(watch.report().ignored()).isEqualTo(3);
    assertThat(watch.report().answers()).isZero();
  }

  @Test
  void aPlanThatWasPreparedIsJudgedLikeAnyOther() {
    DriftWatch prepared = watch(2);
    DriftWatch other = watch(2);
    prepared.prepare(DEEP);
    prepared.prepare(DEEP);
    for (DriftWatch watch : List.of(prepared, other)) {
      BurstyFrames frames = new BurstyFrames(new SplittableRandom(4), SCENE);
      frames.sureness = 0.5;
      frames.framesToFlag(watch, DEEP, 300);
    }
    assertThat(prepared.report()).isEqualTo(other.report());
  }

  @Test
  void addsUpEvidenceOverChangesOfThePlan() {
    BurstyFrames frames = new BurstyFrames(new SplittableRandom(5), SCENE);
    frames.sureness = 0.6;
    DriftWatch watch = watch(5);
    int frame = 0;
    while (!watch.state().drifted() && frame < 20_000) {
      Plan plan = List.of(DEEP, SHALLOW, LOCAL).get(frame / 50 % 3);
      frames.next();
      int exit = frames.stop(plan);
      watch.observe(plan, exit, frames.confidence[exit], frame++);
    }
    assertThat(frame).isLessThan(3000);
  }

  @Test
  void findsTheMiddleLostToBothEndsThoughTheMeanDepthStays() {
    DriftWatch watch = watch(6);
    Expectation expected =
        Expectation.of(facts(6), DEEP, Optional.empty(), DriftOptions.defaults()).orElseThrow();
    SplittableRandom random = new SplittableRandom(6);
    // Two exits at which the depths' mean is 0: the chance of the first follows from their depths.
    double first = depth(expected, 0);
    double last = depth(expected, 3);
    double chance = last / (last - first);
    for (int i = 0; i < 5000 && !watch.state().drifted(); i++) {
      watch.observe(DEEP, random.nextDouble() < chance ? 0 : 3, 0.95, i);
    }
    assertThat(watch.state()).isEqualTo(DriftState.OTHERWISE);
    assertThat(watch.report().answers()).isLessThan(2000);
  }

  @Test
  void seesNoDriftWhereRepliesOfTheCloudAreLost() {
    long flags = 0;
    for (int seed = 0; seed < TABLES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      Plan plan = split(1, 0.9, 0.8, 0.8);
      DriftWatch watch =
          new DriftWatch(
              BurstyFrames.facts(random, SCENE, 100, 50, true), Optional.empty(), options(30));
      BurstyFrames frames = new BurstyFrames(random, SCENE);
      for (int i = 0; i < STREAM / 2; i++) {
        frames.next();
        int exit = frames.stop(plan);
        if (exit > 0 && i / 1000 % 2 == 0) {
          watch.observeSent(plan, i);
        } else {
          watch.observe(plan, exit, frames.confidence[exit], i);
        }
      }
      flags += watch.report().flags();
    }
    assertThat(flags).isLessThan(TABLES * perStream() / 2);
  }

  @Test
  void findsACollapseWithoutHearingFromTheCloud() {
    DriftWatch watch = watch(8);
    for (int i = 0; i < 600; i++) {
      watch.observeSent(SHALLOW, i);
    }
    assertThat(watch.state()).isEqualTo(DriftState.COLLAPSED);
    assertThat(watch.report().earlyShare()).isZero();
    assertThat(watch.report().describe()).contains("perhaps under attack: 0 % stop early");
  }

  @Test
  void reportsASlowdownAttackCapsWhatIsSentAndForgetsItAfterwards() {
    DriftWatch watch = watch(9);
    BurstyFrames frames = new BurstyFrames(new SplittableRandom(9), SCENE);
    assertThat(frames.framesToFlag(watch, DEEP, 5000)).isEqualTo(5000);
    assertThat(watch.trySend()).as("no cap while all is well").isTrue();

    frames.sureness = 0.1;
    int frame = 5000;
    while (watch.state() != DriftState.COLLAPSED && frame < 10_000) {
      next(frames, watch, frame++);
    }
    assertThat(frame).isLessThan(6500);
    assertThat(watch.report().sinceNanos()).isEqualTo(frame - 1);

    double expectedSent = 1 - watch.report().expectedEarlyShare();
    int sent = 0;
    int attacked = 2000;
    for (int i = 0; i < attacked; i++) {
      if (next(frames, watch, frame++) == 3 && watch.trySend()) {
        sent++;
      }
    }
    assertThat(watch.state()).isEqualTo(DriftState.COLLAPSED);
    assertThat(sent).isBetween((int) (1.2 * expectedSent * attacked), attacked * 6 / 10);

    frames.sureness = 1;
    int attackEnded = frame;
    while (watch.state() != DriftState.AS_CALIBRATED && frame < 50_000) {
      next(frames, watch, frame++);
    }
    assertThat(frame - attackEnded).isLessThan(5000);
    assertThat(watch.report().flags()).isEqualTo(1);
    assertThat(watch.trySend()).isTrue();
  }

  @Test
  void makesNothingOfASingleStopAtAnExitThatIsOnlyThereInCaseOfNeed() {
    DriftWatch watch = watch(10);
    Plan plan = split(1, 1.0);
    for (int i = 0; i < 500; i++) {
      watch.observeSent(plan, i);
    }
    watch.observe(plan, 0, 1.0, 500);
    assertThat(watch.state()).isEqualTo(DriftState.AS_CALIBRATED);
  }

  @Test
  void ignoresWhatTellsNothing() {
    DriftWatch watch = watch(11);
    Plan anytime = Plan.local(2, List.of(new ExitThreshold(0, 0.9), new ExitThreshold(1, 0)));

    watch.observe(DEEP, 0, Double.NaN, 1);
    watch.observe(DEEP, 0, -0.1, 2);
    watch.observe(DEEP, 0, 1.1, 3);
    watch.observe(DEEP, 0, 0.4, 4); // an answer by the deadline, not a stop
    watch.observe(DEEP, -1, 0.95, 5);
    watch.observe(DEEP, 99, 0.95, 6);
    watch.observe(SHALLOW, 2, 0.95, 7);
    watch.observe(DEEP, 3, Double.NaN, 8);
    watch.observe(anytime, 3, 0.95, 9); // never comes to the final exit
    watch.observeSent(LOCAL, 10);
    watch.observeSent(new Plan(2, "unheard-of", List.of(new ExitThreshold(0, 0.9))), 11);
    watch.observe(split(4, 0.9, 0.9, 0.9, 0.9, 0.9), 4, 0.95, 12); // of another bundle
    watch.observeSent(split(3), 13); // has no exit to compare
    watch.observeSent(split(4, 0.9), 14); // nothing is behind its split

    assertThat(watch.report())
        .isEqualTo(new DriftReport(DriftState.UNWATCHED, 0, 0, 0, 1, 0, 0, 14, 0, 1));
    watch.observe(anytime, 1, 0.3, 15);
    assertThat(watch.report().answers()).isEqualTo(1);
    assertThat(watch.state()).isEqualTo(DriftState.AS_CALIBRATED);
  }

  @Test
  void caresNothingForAClockThatJumps() {
    DriftWatch watch = watch(12);
    for (int i = 0; i < 600; i++) {
      watch.observeSent(SHALLOW, i % 2 == 0 ? Long.MIN_VALUE : Long.MAX_VALUE);
    }
    assertThat(watch.state()).isEqualTo(DriftState.COLLAPSED);
  }

  @Test
  void capsWhatNothingIsExpectedOfAtTheLastShareThatWas() {
    DriftWatch watch = watch(15);
    for (int i = 0; i < 600; i++) {
      watch.observeSent(SHALLOW, i);
    }
    assertThat(watch.state()).isEqualTo(DriftState.COLLAPSED);
    double expectedSent = 1 - watch.report().expectedEarlyShare();
    while (watch.trySend()) {
      // Until the bucket is empty.
    }
    int sent = 0;
    for (int i = 0; i < 400; i++) {
      watch.observeNothing(600 + i);
      sent += watch.trySend() ? 1 : 0;
    }
    assertThat((double) sent / 400)
        .isCloseTo(Math.min(1, 1.25 * expectedSent), Offset.offset(0.05));
  }

  /** Over many streams of harder frames, as spread as it says, bursts included. */
  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void knowsHowFarTheOddsOfPassingMayBeOff(int sceneFrames) {
    List<Double> logOdds = new ArrayList<>();
    List<Double> sds = new ArrayList<>();
    for (int seed = 0; seed < 80; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      DriftWatch watch =
          new DriftWatch(
              BurstyFrames.facts(random, sceneFrames, 400, 30, true),
              Optional.empty(),
              options(30));
      BurstyFrames frames = new BurstyFrames(random, sceneFrames);
      frames.sureness = 0.5;
      for (int i = 0; i < 6000; i++) {
        frames.next();
        int exit = frames.stop(DEEP);
        watch.observe(DEEP, exit, frames.confidence[exit], i);
      }
      assertThat(watch.state()).isIn(DriftState.DEEPER, DriftState.COLLAPSED);
      logOdds.add(Math.log(watch.report().passOdds()));
      sds.add(watch.report().passOddsSd());
    }
    double met = new StandardDeviation().evaluate(logOdds.stream().mapToDouble(o -> o).toArray());
    double said = sds.stream().mapToDouble(sd -> sd).average().orElseThrow();
    assertThat(said).as("where it was %f", met).isBetween(0.75 * met, 1.5 * met);
  }

  @Test
  void lowersAFlagThatNothingCouldConfirmForLong() {
    DriftWatch watch = watch(16);
    for (int i = 0; i < 600; i++) {
      watch.observeSent(SHALLOW, i);
    }
    for (int i = 0; i < 499; i++) {
      watch.observeNothing(i);
    }
    assertThat(watch.report().passOdds()).isGreaterThan(1);
    watch.observeSent(SHALLOW, 1000);
    for (int i = 0; i < 499; i++) {
      watch.observeNothing(i);
    }
    assertThat(watch.state()).as("one could be compared between").isEqualTo(DriftState.COLLAPSED);
    watch.observeNothing(2000);
    assertThat(watch.state()).isEqualTo(DriftState.UNWATCHED);
    assertThat(watch.report().passOdds()).isEqualTo(1);
    assertThat(watch.report().passOddsSd()).isZero();
    assertThat(watch.report().sinceNanos()).isEqualTo(2000);
  }

  @Test
  void keepsItsEvidenceWhileNoFlagIsUp() {
    DriftWatch watch = watch(17);
    for (int i = 0; i < 20; i++) {
      watch.observeSent(SHALLOW, i);
    }
    double evidence = watch.report().evidence();
    for (int i = 0; i < 2000; i++) {
      watch.observeNothing(i);
    }
    assertThat(watch.report().evidence()).isEqualTo(evidence).isPositive();
    assertThat(watch.state()).isEqualTo(DriftState.AS_CALIBRATED);
  }

  @Test
  void forgetsWhenReset() {
    DriftWatch watch = watch(13);
    for (int i = 0; i < 600; i++) {
      watch.observeSent(SHALLOW, i);
    }
    watch.reset(700);
    DriftReport report = watch.report();
    assertThat(report.state()).isEqualTo(DriftState.UNWATCHED);
    assertThat(report.evidence()).isZero();
    assertThat(report.expectedEarlyShare()).isZero();
    assertThat(report.answers()).isEqualTo(600);
    assertThat(report.flags()).isEqualTo(1);
    assertThat(report.sinceNanos()).isEqualTo(700);
    watch.observeSent(SHALLOW, 701);
    assertThat(watch.state()).isEqualTo(DriftState.AS_CALIBRATED);
  }

  @Test
  void doesNotJudgeByAHandfulOfSequences() {
    BundleFacts facts = BurstyFrames.facts(new SplittableRandom(14), SCENE, 2, 500, true);
    DriftWatch watch = new DriftWatch(facts, Optional.empty(), DriftOptions.defaults());
    for (int i = 0; i < 5000; i++) {
      watch.observeSent(SHALLOW, i);
    }
    assertThat(watch.state()).isEqualTo(DriftState.UNWATCHED);
  }

  @Test
  void refusesOptionsOutOfRange() {
    assertThatThrownBy(() -> new DriftOptions(999, 30, 0.02, 0.5, 1))
        .hasMessageContaining("falseAlarmAnswers");
    assertThatThrownBy(() -> new DriftOptions(1000, 0, 0.02, 0.5, 1))
        .hasMessageContaining("burstAnswers");
    assertThatThrownBy(() -> new DriftOptions(1000, 30, Double.NaN, 0.5, 1))
        .hasMessageContaining("tolerance");
    assertThatThrownBy(() -> new DriftOptions(1000, 30, 0.02, 1, 1))
        .hasMessageContaining("collapseShare");
    assertThatThrownBy(() -> new DriftOptions(1000, 30, 0.02, 0.5, Double.POSITIVE_INFINITY))
        .hasMessageContaining("capFactor");
  }

  private static void calibrated(BurstyFrames frames, DriftWatch watch, Plan plan) {
    assertThat(frames.framesToFlag(watch, plan, 10_000)).isEqualTo(10_000);
  }

  private static int next(BurstyFrames frames, DriftWatch watch, int frame) {
    frames.next();
    int exit = frames.stop(DEEP);
    watch.observe(DEEP, exit, frames.confidence[exit], frame);
    return exit;
  }

  /** What plan a frame is run under. */
  private interface PlanOfFrame {
    Plan at(int frame);
  }

  private static long falseFlags(
      int seed, int scene, DriftOptions options, boolean numbered, PlanOfFrame plans) {
    SplittableRandom random = new SplittableRandom(seed);
    BundleFacts facts =
        numbered
            ? BurstyFrames.facts(random, SCENE, 100, 50, true)
            : BurstyFrames.facts(random, 1, 1000, 1, false);
    DriftWatch watch = new DriftWatch(facts, Optional.empty(), options);
    BurstyFrames frames = new BurstyFrames(random, scene);
    long flags = 0;
    for (int i = 0; i < STREAM; i++) {
      Plan plan = plans.at(i);
      frames.next();
      int exit = frames.stop(plan);
      watch.observe(plan, exit, frames.confidence[exit], i);
      if (watch.state().drifted()) {
        flags++;
        watch.reset(i);
      }
    }
    return flags;
  }

  private static int perStream() {
    return STREAM / FALSE_ALARM_ANSWERS;
  }

  private static DriftOptions options(int burst) {
    return new DriftOptions(FALSE_ALARM_ANSWERS, burst, 0.02, 0.5, 1.25);
  }

  private static BundleFacts facts(int seed) {
    return BurstyFrames.facts(new SplittableRandom(seed), SCENE, 100, 50, true);
  }

  private static DriftWatch watch(int seed) {
    return new DriftWatch(facts(seed), Optional.empty(), DriftOptions.defaults());
  }

  private static double depth(Expectation expected, int exit) {
    return (expected.gain(0, exit) + expected.bet(0).allowance()) / expected.bet(0).weight();
  }

  private static Plan split(int split, double... thresholds) {
    ExitThreshold[] exits = new ExitThreshold[thresholds.length];
    for (int exit = 0; exit < exits.length; exit++) {
      exits[exit] = new ExitThreshold(exit, thresholds[exit]);
    }
    return new Plan(split, "f32", List.of(exits));
  }
}

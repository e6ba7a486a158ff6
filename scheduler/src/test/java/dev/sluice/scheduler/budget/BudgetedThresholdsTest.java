package dev.sluice.scheduler.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetedThresholdsTest {
  private static final double NEVER = Double.POSITIVE_INFINITY;
  private static final double TOLERANCE = 1e-9;

  private static BundleFacts facts(int samples, List<Integer> exitCuts, long seed) {
    return SyntheticFacts.of(
        new SyntheticFacts.Shape(6, exitCuts, samples, 10, 6_000_000, false), seed);
  }

  private static TimeBudget between(ExitCosts costs, double share) {
    double least = costs.aloneNanos(0);
    double most = costs.afterAllNanos(costs.exits() - 1);
    return TimeBudget.perFrame(least + share * (most - least));
  }

  /** Every threshold vector that makes a difference; the most right answers, -1 if none holds. */
  private static int exhaustive(CalibrationTable table, ExitCosts costs, TimeBudget budget) {
    int early = table.exits() - 1;
    double[][] levels = new double[early][];
    for (int exit = 0; exit < early; exit++) {
      double[] all = new double[table.samples() + 2];
      for (int s = 0; s < table.samples(); s++) {
        all[s] = table.confidence(s, exit);
      }
      all[table.samples()] = NEVER;
      levels[exit] = Arrays.stream(all).distinct().toArray();
    }
    return exhaustive(table, costs, budget, levels, new double[early], 0);
  }

  private static int exhaustive(
      CalibrationTable table,
      ExitCosts costs,
      TimeBudget budget,
      double[][] levels,
      double[] vector,
      int exit) {
    int best = -1;
    if (exit < vector.length) {
      for (double level : levels[exit]) {
        vector[exit] = level;
        best = Math.max(best, exhaustive(table, costs, budget, levels, vector, exit + 1));
      }
      return best;
    }
    double sum = 0;
    double squares = 0;
    int right = 0;
    for (int s = 0; s < table.samples(); s++) {
      double nanos = 0;
      int stop = 0;
      for (; stop < vector.length; stop++) {
        nanos += vector[stop] < NEVER ? costs.headNanos(stop) : 0;
        if (table.confidence(s, stop) >= vector[stop]) {
          break;
        }
      }
      nanos += costs.trunkNanos(stop);
      nanos += stop == vector.length ? costs.headNanos(stop) : 0;
      sum += nanos;
      squares += nanos * nanos;
      right += table.correct(s, stop) ? 1 : 0;
    }
    double mean = sum / table.samples();
    double sd = Math.sqrt(Math.max(0, squares / table.samples() - mean * mean));
    double needed = mean + budget.deviations() * sd / Math.sqrt(budget.frames());
    return needed <= budget.nanosPerFrame() * (1 + TOLERANCE) ? right : -1;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void twoEarlyExitsGetWhatAnExhaustiveSearchGets(long seed) {
    BundleFacts facts = facts(40, List.of(1, 3), seed);
    ExitCosts costs = ExitCosts.onDevice(facts, 1);
    for (double share : new double[] {-0.05, 0.05, 0.2, 0.4, 0.6, 0.8, 1}) {
      for (double deviations : new double[] {0, 1.64}) {
        double mean = between(costs, share).nanosPerFrame();
        TimeBudget budget = new TimeBudget(200 * mean, 200, deviations);

        BudgetedExits found = new BudgetedThresholds(facts.select(), costs).joint(budget);

        int expected = exhaustive(facts.select(), costs, budget);
        assertThat(found.holds()).as("seed %d, share %s", seed, share).isEqualTo(expected >= 0);
        if (expected >= 0) {
          assertThat(found.accuracy() * 40)
              .as("seed %d, share %s, %s", seed, share, found)
              .isCloseTo(expected, within(TOLERANCE));
        }
      }
    }
  }

  @Test
  void threeEarlyExitsMissTheExhaustiveSearchByOneAnswerAtMostAndSeldom() {
    int missed = 0;
    int solved = 0;
    for (long seed = 1; seed <= 6; seed++) {
      BundleFacts facts = facts(22, List.of(1, 2, 4), seed);
      ExitCosts costs = ExitCosts.onDevice(facts, 1);
      for (double share : new double[] {0.1, 0.3, 0.5, 0.7}) {
        TimeBudget budget = between(costs, share);
        BudgetedExits found = new BudgetedThresholds(facts.select(), costs).joint(budget);
        int expected = exhaustive(facts.select(), costs, budget);
        int gap = expected - (int) Math.round(found.accuracy() * 22);
        assertThat(found.holds()).isTrue();
        assertThat(gap).as("seed %d, share %s: %s", seed, share, found).isBetween(0, 1);
        missed += gap;
        solved++;
      }
    }
    assertThat(missed).isLessThanOrEqualTo(solved / 10);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theQuickSearchIsNeverBehindMsdnetOrASingleExitAndHardlyBehindTheLongOne(long seed) {
    BundleFacts facts = facts(300, List.of(1, 2, 3, 4), seed);
    ExitCosts costs = ExitCosts.onDevice(facts, 1);
    BudgetedThresholds solver = new BudgetedThresholds(facts.select(), costs);
    for (double share : new double[] {0.05, 0.2, 0.4, 0.6, 0.8}) {
      TimeBudget budget = between(costs, share);
      BudgetedExits quick = solver.climbed(budget);

      assertThat(quick.holds()).as("share %s", share).isTrue();
      for (BudgetedExits rival : List.of(solver.msdnet(budget), solver.subnet(budget))) {
        if (rival.holds()) {
          assertThat(quick.accuracy()).isGreaterThanOrEqualTo(rival.accuracy() - TOLERANCE);
        }
      }
      assertThat(solver.joint(budget).accuracy() - quick.accuracy())
          .as("share %s", share)
          .isBetween(-TOLERANCE, 0.01);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theJointSearchIsNeverBehindMsdnetOrASingleExitWhereThoseHoldTheBudget(long seed) {
    BundleFacts facts = facts(600, List.of(1, 2, 3, 4), seed);
    ExitCosts costs = ExitCosts.onDevice(facts, 7);
    BudgetedThresholds solver = new BudgetedThresholds(facts.select(), costs);
    for (double share : new double[] {0.05, 0.2, 0.4, 0.6, 0.8}) {
      TimeBudget budget = between(costs, share);
      BudgetedExits joint = solver.joint(budget);
      assertThat(joint.holds()).isTrue();
      for (BudgetedExits other : List.of(solver.msdnet(budget), solver.subnet(budget))) {
        if (other.holds()) {
          assertThat(joint.accuracy())
              .as("seed %d, share %s", seed, share)
              .isGreaterThanOrEqualTo(other.accuracy());
        }
      }
    }
  }

  @Test
  void onUnseenFramesOfACalibratedNetworkTheJointSearchIsWorthAboutAsMuchAsMsdnet() {
    double gained = 0;
    double overspent = 0;
    int cases = 0;
    for (long seed = 1; seed <= 8; seed++) {
      BundleFacts facts = facts(1500, List.of(1, 2, 3, 4), seed);
      ExitCosts costs = ExitCosts.onDevice(facts, 1);
      BudgetedThresholds chosen = new BudgetedThresholds(facts.select(), costs);
      BudgetedThresholds unseen = new BudgetedThresholds(facts.certify(), costs);
      for (double share : new double[] {0.1, 0.25, 0.4}) {
        TimeBudget budget = between(costs, share);
        BudgetedExits msdnet = again(unseen, chosen.msdnet(budget), costs, budget);
        BudgetedExits joint = again(unseen, chosen.joint(budget), costs, budget);
        gained += joint.accuracy() - msdnet.accuracy();
        overspent += joint.meanNanos() / budget.nanosPerFrame() - 1;
        cases++;
      }
    }
    // Where sure means right there is little to find, and what is found on the table is part luck.
    assertThat(gained / cases).isBetween(-0.002, 0.02);
    assertThat(overspent / cases).isBetween(-0.02, 0.02);
  }

  @Test
  void onUnseenFramesTheJointSearchWinsWhereAnExitIsSureWithoutReason() {
    ExitCosts costs = ExitCosts.of(new double[] {1, 2, 3}, new double[] {0.05, 0.05, 0});
    TimeBudget budget = TimeBudget.perFrame(2.3);
    BudgetedThresholds chosen = new BudgetedThresholds(sureWithoutReason(1), costs);
    BudgetedThresholds unseen = new BudgetedThresholds(sureWithoutReason(2), costs);

    BudgetedExits msdnet = again(unseen, chosen.msdnet(budget), costs, budget);
    BudgetedExits joint = again(unseen, chosen.joint(budget), costs, budget);

    // MSDNet lets 23 % leave at exit 0, which makes 0.73 of all right. Without that exit a quarter
    // can go on to the end, which makes 0.85.
    assertThat(joint.accuracy()).isGreaterThan(msdnet.accuracy() + 0.05);
    assertThat(joint.meanNanos()).isLessThan(2.3 * 1.02);
  }

  /** Exit 0 is right one time in ten however sure it is, exit 1 as often as it says. */
  private static CalibrationTable sureWithoutReason(long seed) {
    Random random = new Random(seed);
    CalibrationTable.Builder table =
        CalibrationTable.builder(
            CalibrationTable.Role.SELECT, 2, 1000, new int[] {1, 2, 3}, List.of());
    for (int s = 0; s < 1000; s++) {
      double idle = 0.5 + 0.5 * random.nextDouble();
      double sure = 0.5 + 0.5 * random.nextDouble();
      table
          .sample(s, 0, -1)
          .outcome(s, 0, random.nextDouble() < 0.1 ? 0 : 1, idle, 0.1, 0.1)
          .outcome(s, 1, random.nextDouble() < sure ? 0 : 1, sure, 0.1, 0.1)
          .outcome(s, 2, random.nextDouble() < 0.95 ? 0 : 1, 0.95, 0.9, 0.1);
    }
    return table.build();
  }

  private static BudgetedExits again(
      BudgetedThresholds unseen, BudgetedExits exits, ExitCosts costs, TimeBudget budget) {
    double[] thresholds = new double[costs.exits() - 1];
    Arrays.fill(thresholds, NEVER);
    for (ExitThreshold exit : exits.exits()) {
      thresholds[exit.exit()] = exit.threshold();
    }
    return unseen.evaluate(thresholds, budget);
  }

  @Test
  void moreBudgetNeverCostsAnswers() {
    BundleFacts facts = facts(300, List.of(1, 2, 4), 3);
    ExitCosts costs = ExitCosts.onDevice(facts, 1);
    BudgetedThresholds solver = new BudgetedThresholds(facts.select(), costs);
    double before = 0;
    for (double share = 0; share <= 1.0001; share += 0.05) {
      double now = solver.subnet(between(costs, share)).accuracy();
      assertThat(now).as("share %s", share).isGreaterThanOrEqualTo(before);
      before = now;
    }
  }

  @Test
  void sharesFallByTheSameFactorFromExitToExit() {
    // p_k = z (1/2)^(k-1) (1/2), so 4 : 2 : 1.
    assertThat(BudgetedThresholds.exitShares(0.5, 3))
        .containsExactly(new double[] {4.0 / 7, 2.0 / 7, 1.0 / 7}, within(1e-12));
    assertThat(BudgetedThresholds.exitShares(0, 4))
        .containsExactly(new double[] {0.25, 0.25, 0.25, 0.25}, within(1e-12));
    assertThat(BudgetedThresholds.exitShares(1, 3)).containsExactly(1, 0, 0);
    assertThat(BudgetedThresholds.exitShares(1, 1)).containsExactly(1);
    assertThat(BudgetedThresholds.exitShares(-1, 3))
        .containsExactly(new double[] {1.0 / 7, 2.0 / 7, 4.0 / 7}, within(1e-12));
  }

  @ParameterizedTest
  @CsvSource({
    // mean budget | shares, for exits that cost 1, 2 and 3
    "1.5714285714285714, 0.571428571, 0.285714286, 0.142857143",
    "2, 0.333333333, 0.333333333, 0.333333333",
    "2.4285714285714284, 0.142857143, 0.285714286, 0.571428571",
    "0.5, 1, 0, 0",
    "3, 0, 0, 1",
    "9, 0, 0, 1"
  })
  void solvesForTheSharesThatCostTheBudget(double budget, double p1, double p2, double p3) {
    ExitCosts costs = ExitCosts.of(new double[] {1, 2, 3}, new double[] {0, 0, 0});
    BudgetedThresholds solver = new BudgetedThresholds(tenSamples(), costs);

    assertThat(solver.sharesOfCost(budget))
        .containsExactly(new double[] {p1, p2, p3}, within(1e-8));
  }

  /** Ten samples; exit 0 is the surer the lower their number, exit 1 the higher it is. */
  private static CalibrationTable tenSamples() {
    CalibrationTable.Builder table =
        CalibrationTable.builder(
            CalibrationTable.Role.SELECT, 2, 10, new int[] {1, 2, 3}, List.of());
    for (int s = 0; s < 10; s++) {
      table
          .sample(s, 0, -1)
          .outcome(s, 0, s < 4 ? 0 : 1, 0.95 - s * 0.04, 0.1, 0.1)
          .outcome(s, 1, s == 5 ? 1 : 0, 0.55 + s * 0.04, 0.1, 0.1)
          .outcome(s, 2, 0, 0.99, 0.98, 0.01);
    }
    return table.build();
  }

  @Test
  void msdnetTakesTheSurestOfThoseLeftAtEachExit() {
    // Shares 4 : 2 : 1 of ten samples are 5.7, 2.9 and 1.4: six leave first, then three.
    ExitCosts costs = ExitCosts.of(new double[] {1, 2, 3}, new double[] {0, 0, 0});
    BudgetedExits found =
        new BudgetedThresholds(tenSamples(), costs).msdnet(TimeBudget.perFrame(11.0 / 7));

    assertThat(found.exitShares()).containsExactly(0.6, 0.3, 0.1);
    assertThat(found.exits()).hasSize(2);
    assertThat(found.exits().get(0).threshold()).isBetween(0.71, 0.75);
    // Samples 9, 8 and 7 are the surest of those left at exit 1.
    assertThat(found.exits().get(1).threshold()).isBetween(0.79, 0.83);
    assertThat(found.accuracy()).isEqualTo(0.8);
    assertThat(found.meanNanos()).isCloseTo(1.5, within(TOLERANCE));
  }

  @Test
  void theJointSearchLeavesOutWhatIsSureAndWrong() {
    // Exit 0 is right about 0 to 3 only. 4 at cost 1 and 6 at cost 2 are 1.6: all but 5 are right.
    ExitCosts costs = ExitCosts.of(new double[] {1, 2, 3}, new double[] {0, 0, 0});
    BudgetedThresholds solver = new BudgetedThresholds(tenSamples(), costs);

    BudgetedExits found = solver.joint(TimeBudget.perFrame(1.6));

    assertThat(found.accuracy()).isEqualTo(0.9);
    assertThat(found.meanNanos()).isCloseTo(1.6, within(TOLERANCE));
    assertThat(found.holds()).isTrue();
    BudgetedExits byHand = solver.evaluate(new double[] {0.82, 0}, TimeBudget.perFrame(1.6));
    assertThat(byHand.accuracy()).isEqualTo(0.9);
    assertThat(byHand.exitShares()).containsExactly(0.4, 0.6, 0.0);
    assertThat(byHand.sdNanos()).isCloseTo(Math.sqrt(0.24), within(TOLERANCE));
    // For all ten, 4 and 5 must go on to the end: 4 x 1 + 4 x 2 + 2 x 3 = 18.
    assertThat(solver.joint(TimeBudget.perFrame(1.8)).accuracy()).isEqualTo(1);
    assertThat(solver.joint(TimeBudget.perFrame(1.79)).accuracy()).isEqualTo(0.9);
  }

  @Test
  void leavesOutAnExitThatDoesNotPayForItsHead() {
    // Exit 1 is right about the four it is surest of; the other six go on: 4 x 2 + 6 x 3 = 26.
    ExitCosts dearHead = ExitCosts.of(new double[] {1, 2, 3}, new double[] {5, 0, 0});

    BudgetedExits found =
        new BudgetedThresholds(tenSamples(), dearHead).joint(TimeBudget.perFrame(2.6));

    assertThat(found.exits()).extracting(ExitThreshold::exit).containsExactly(1);
    assertThat(found.accuracy()).isEqualTo(1);
  }

  @Test
  void oneExitForAllIsTheBestWithinTheBudget() {
    ExitCosts costs = ExitCosts.of(new double[] {1, 2, 3}, new double[] {0.5, 0.5, 0});
    BudgetedThresholds solver = new BudgetedThresholds(tenSamples(), costs);

    BudgetedExits found = solver.subnet(TimeBudget.perFrame(2.9));

    assertThat(found.exits()).containsExactly(new ExitThreshold(1, 0));
    assertThat(found.meanNanos()).isCloseTo(2.5, within(TOLERANCE));
    assertThat(found.accuracy()).isEqualTo(0.9);
    assertThat(solver.subnet(TimeBudget.perFrame(3)).exits()).isEmpty();
    BudgetedExits tooDear = solver.subnet(TimeBudget.perFrame(1));
    assertThat(tooDear.exits()).containsExactly(new ExitThreshold(0, 0));
    assertThat(tooDear.holds()).isFalse();
    assertThat(tooDear.excessNanos()).isCloseTo(0.5, within(TOLERANCE));
  }

  @Test
  void whatNothingHoldsGetsWhatComesNearest() {
    ExitCosts costs = ExitCosts.of(new double[] {1, 2, 3}, new double[] {0, 0, 0});
    BudgetedThresholds solver = new BudgetedThresholds(tenSamples(), costs);
    for (double budget : new double[] {0.9, 0, -5}) {
      BudgetedExits found = solver.joint(TimeBudget.perFrame(budget));
      assertThat(found.exits()).containsExactly(new ExitThreshold(0, 0));
      assertThat(found.holds()).isFalse();
      assertThat(found.excessNanos()).isCloseTo(1 - budget, within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void thePredictorSaysTheSameOfTheirPlan(long seed) {
    BundleFacts facts = facts(300, List.of(1, 2, 4), seed);
    ExitCosts costs = ExitCosts.onDevice(facts, 3);
    BudgetedThresholds solver = new BudgetedThresholds(facts.select(), costs);
    for (double share : new double[] {0, 0.3, 0.7}) {
      TimeBudget budget = between(costs, share);
      for (BudgetedExits exits :
          List.of(solver.joint(budget), solver.msdnet(budget), solver.subnet(budget))) {
        Plan plan = exits.plan(facts);
        Prediction prediction =
            new Predictor(facts, List.of(plan), 0, 0)
                .predict(0, Estimates.of(LinkState.DOWN, 1, 0, 0, 0, 3, 1, 0, 0));
        assertThat(prediction.accuracy()).isCloseTo(exits.accuracy(), within(TOLERANCE));
        assertThat(prediction.deviceComputeNanos()).isCloseTo(exits.meanNanos(), within(1e-3));
      }
    }
  }

  @Test
  void aStreamSpendsLaterWhatItSavedBefore() {
    TimeBudget hour = new TimeBudget(1000, 100, 1.64);

    assertThat(hour.nanosPerFrame()).isEqualTo(10);
    assertThat(hour.after(300, 50)).isEqualTo(new TimeBudget(700, 50, 1.64));
    assertThat(hour.after(1100, 99).nanosPerFrame()).isEqualTo(-100);
    assertThat(hour.excessNanos(10, 5)).isCloseTo(0.82, within(1e-12));
    assertThatThrownBy(() -> hour.after(0, 100)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> hour.after(Double.NaN, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesWhatIsNoBudgetCostOrThreshold() {
    ExitCosts costs = ExitCosts.of(new double[] {1, 2, 3}, new double[] {0, 0, 0});
    BudgetedThresholds solver = new BudgetedThresholds(tenSamples(), costs);
    TimeBudget budget = TimeBudget.perFrame(1);
    List<Runnable> wrong =
        List.of(
            () -> TimeBudget.perFrame(Double.NaN),
            () -> new TimeBudget(1, 0, 0),
            () -> new TimeBudget(1, 1, -1),
            () -> ExitCosts.of(new double[] {2, 1}, new double[] {0, 0}),
            () -> ExitCosts.of(new double[] {1, Double.NaN}, new double[] {0, 0}),
            () -> ExitCosts.of(new double[] {1}, new double[] {-1}),
            () -> ExitCosts.of(new double[0], new double[0]),
            () -> ExitCosts.of(new double[] {1}, new double[0]),
            () -> ExitCosts.onDevice(SyntheticFacts.of(1), 0),
            () ->
                new BudgetedThresholds(
                    tenSamples(), ExitCosts.of(new double[] {1}, new double[] {0})),
            () -> solver.evaluate(new double[] {0.5}, budget),
            () -> solver.evaluate(new double[] {0.5, Double.NaN}, budget),
            () -> solver.evaluate(new double[] {0.5, -1}, budget),
            () -> BudgetedThresholds.exitShares(1.1, 3),
            () -> BudgetedThresholds.exitShares(Double.NaN, 3),
            () -> BudgetedThresholds.exitShares(0.5, 0));
    for (int i = 0; i < wrong.size(); i++) {
      Runnable call = wrong.get(i);
      assertThatThrownBy(call::run).as("call %d", i).isInstanceOf(IllegalArgumentException.class);
    }
  }
}

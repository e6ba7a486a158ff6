package dev.sluice.scheduler.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.predict.StepDown.Hypothesis;
import dev.sluice.scheduler.predict.StepDown.Verdict;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepDownTest {
  private static final double FLOOR = -0.01;

  /** The critical value comes from 1,000 draws. */
  private static final double DRAWN = 0.12;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void takesTheVarianceThatIsLikeliestWhereTheMeanIsTheBound(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int n = 50 + random.nextInt(400);
    int won = random.nextInt(10);
    int lost = random.nextInt(15);
    double bound = -0.002 - 0.05 * random.nextDouble();
    double likeliest = Double.NEGATIVE_INFINITY;
    double variance = Double.NaN;
    for (int i = 1; i < 200_000; i++) {
      double losing = -bound + i * (0.4 / 200_000);
      double winning = losing + bound;
      double log =
          (won == 0 ? 0 : won * Math.log(winning))
              + lost * Math.log(losing)
              + (n - won - lost) * Math.log(1 - winning - losing);
      if (log > likeliest) {
        likeliest = log;
        variance = winning + losing - bound * bound;
      }
    }

    assertThat(StepDown.restrictedVariance(won, lost, n, bound))
        .as("%d won, %d lost of %d, bound %s", won, lost, n, bound)
        .isCloseTo(variance, within(1e-4));
  }

  @Test
  void oneHypothesisAloneIsTestedAtFivePercent() {
    Verdict verdict = run(independent(1, 4000, 0.01, 3));

    assertThat(verdict.critical()).isCloseTo(1.645, within(DRAWN));
  }

  @Test
  void manyIndependentHypothesesAreCorrectedAsSidakDoes() {
    // 0.95 ^ (1 / 20) = 0.99744, the normal quantile of which is 2.80.
    Verdict verdict = run(independent(20, 4000, 0.02, 5));

    assertThat(verdict.reached()).containsOnly(false);
    assertThat(verdict.critical()).isCloseTo(2.80, within(DRAWN));
  }

  @Test
  void hypothesesThatAreTheSameCostNothing() {
    Hypothesis one = independent(1, 4000, 0.02, 7).get(0);

    Verdict verdict = run(List.of(one, one, one, one, one, one, one, one));

    assertThat(verdict.critical()).isCloseTo(1.645, within(DRAWN));
  }

  @Test
  void whatIsProvenNoLongerStandsInTheWayOfTheOthers() {
    // 4,000 samples, 20 lost: 0.5 points above the floor, 3.18 standard errors of 0.157.
    // 27 lost: 2.07 standard errors, too little beside twenty others, enough alone.
    List<Hypothesis> others = new ArrayList<>(independent(20, 4000, 0.003, 9));
    Hypothesis close = lost(4000, IntStream.range(0, 27).map(i -> 100 + 140 * i).toArray());
    others.add(close);
    List<Hypothesis> hopeless = new ArrayList<>(independent(20, 4000, 0.02, 9));
    hopeless.add(close);

    assertThat(run(others).reached()).containsOnly(true);
    assertThat(run(hopeless).reached()).containsOnly(false);
  }

  @Test
  void aTableWithoutASingleLossProvesNoMoreThanItsSizeAllows() {
    assertThat(run(List.of(lost(50))).reached()).containsExactly(false);
    assertThat(run(List.of(lost(1000))).reached()).containsExactly(true);
  }

  @Test
  void aTableOfOneSequenceProvesNothing() {
    StepDown test = new StepDown(Clusters.of(table(1000, 1000)));

    Verdict verdict = test.run(List.of(new Hypothesis(new int[1], new int[1], FLOOR)));

    assertThat(verdict.reached()).containsExactly(false);
    assertThat(verdict.gap()[0]).isPositive();
  }

  @Test
  void nothingToTestIsNothingProven() {
    assertThat(run(List.of()).reached()).isEmpty();
  }

  @Test
  void aBoundOfZeroIsNotProvenByAnswersThatNeverDiffer() {
    Verdict verdict = run(List.of(new Hypothesis(new int[1000], new int[1000], 0)));

    assertThat(verdict.reached()).containsExactly(false);
    assertThat(verdict.gap()[0]).isPositive();
  }

  @Test
  void lossesThatComeTogetherProveLess() {
    // 400 sequences of 10; 20 losses, scattered, or all in two sequences.
    StepDown test = new StepDown(Clusters.of(table(4000, 10)));
    int[] scattered = new int[400];
    int[] together = new int[400];
    for (int i = 0; i < 20; i++) {
      scattered[i * 20] = 1;
    }
    together[7] = 10;
    together[300] = 10;

    double apart = test.run(List.of(new Hypothesis(new int[400], scattered, FLOOR))).gap()[0];
    double bunched = test.run(List.of(new Hypothesis(new int[400], together, FLOOR))).gap()[0];

    assertThat(apart).isNegative();
    assertThat(bunched).isGreaterThan(apart + 0.003);
  }

  @Test
  void aSequenceDrawnTwiceCountsTwice() {
    int[] twice = IntStream.concat(IntStream.range(0, 300), IntStream.range(0, 300)).toArray();
    Hypothesis half = lost(300, 10, 60, 200);
    Hypothesis whole = lost(600, 10, 60, 200, 310, 360, 500);

    Verdict drawn = new StepDown(Clusters.of(table(300, 1))).run(List.of(half), twice);

    assertThat(drawn.gap()[0]).isEqualTo(run(List.of(whole)).gap()[0]);
  }

  @Test
  void aGapIsNegativeJustWhereTheBoundIsReached() {
    List<Hypothesis> some = new ArrayList<>(independent(8, 3000, 0.004, 13));
    some.addAll(independent(8, 3000, 0.009, 14));

    Verdict verdict = run(some);

    for (int h = 0; h < some.size(); h++) {
      assertThat(verdict.gap()[h] <= 0).isEqualTo(verdict.reached()[h]);
    }
  }

  @Test
  void gapsAreMarginsByTheCriticalValueOfAllHypothesesTogether() {
    List<Hypothesis> some = new ArrayList<>(independent(20, 4000, 0.003, 9));
    some.add(lost(4000, IntStream.range(0, 27).map(i -> 100 + 140 * i).toArray()));

    Verdict verdict = run(some);

    /* What only fewer hypotheses let through has nothing to spare. */
    assertThat(verdict.reached()).containsOnly(true);
    assertThat(verdict.gap()[20]).isZero();
    /* 12 lost: 0.3 points; standard error 0.149 by the variance 0.0089 under the hypothesis. */
    double error = Math.sqrt(StepDown.restrictedVariance(0, 12, 4000, FLOOR) / 4000);
    assertThat(verdict.critical()).isCloseTo(1.645, within(DRAWN));
    assertThat(verdict.gap()[0]).isCloseTo(-0.007 + 2.8 * error, within(DRAWN * error));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 12})
  void seldomProvesAnythingWhereNothingHolds(int together) {
    // 16 plans that all lose just a point, by sharing losses with their neighbours; 240 sequences.
    SplittableRandom random = new SplittableRandom(together);
    int sequences = 240;
    StepDown test = new StepDown(Clusters.of(table(sequences * together, together)));
    int wrong = 0;
    int tables = 400;
    for (int table = 0; table < tables; table++) {
      List<Hypothesis> plans = new ArrayList<>();
      int[][] lost = new int[16][sequences];
      int[][] won = new int[16][sequences];
      for (int sequence = 0; sequence < sequences; sequence++) {
        /* A hard sequence loses all its samples or wins them: the strongest dependence. */
        double fate = random.nextDouble();
        for (int plan = 0; plan < 16; plan++) {
          double own = plan % 2 == 0 ? fate : random.nextDouble();
          lost[plan][sequence] = own < 0.03 ? together : 0;
          won[plan][sequence] = own > 0.98 ? together : 0;
        }
      }
      for (int plan = 0; plan < 16; plan++) {
        plans.add(new Hypothesis(won[plan], lost[plan], FLOOR));
      }
      boolean any = false;
      for (boolean reached : test.run(plans).reached()) {
        any |= reached;
      }
      wrong += any ? 1 : 0;
    }
    // Three standard errors of a share of 5 % over 400 tables.
    assertThat((double) wrong / tables).isLessThan(0.05 + 0.033);
  }

  private static Verdict run(List<Hypothesis> hypotheses) {
    int samples = hypotheses.isEmpty() ? 10 : hypotheses.get(0).won().length;
    return new StepDown(Clusters.of(table(samples, 1))).run(hypotheses);
  }

  private static List<Hypothesis> independent(int count, int samples, double loss, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Hypothesis> hypotheses = new ArrayList<>();
    int losses = (int) Math.round(loss * samples);
    for (int h = 0; h < count; h++) {
      int[] lost = new int[samples];
      for (int left = losses; left > 0; ) {
        int sample = random.nextInt(samples);
        if (lost[sample] == 0) {
          lost[sample] = 1;
          left--;
        }
      }
      hypotheses.add(new Hypothesis(new int[samples], lost, FLOOR));
    }
    return hypotheses;
  }

  private static Hypothesis lost(int samples, int... which) {
    int[] lost = new int[samples];
    for (int sample : which) {
      lost[sample] = 1;
    }
    return new Hypothesis(new int[samples], lost, FLOOR);
  }

  private static CalibrationTable table(int samples, int perSequence) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(Role.CERTIFY, 2, samples, new int[] {1}, List.of());
    for (int s = 0; s < samples; s++) {
      table.sample(s, 1, perSequence == 1 ? -1 : s / perSequence).outcome(s, 0, 1, 0.9, 0.8, 0.1);
    }
    return table.build();
  }
}

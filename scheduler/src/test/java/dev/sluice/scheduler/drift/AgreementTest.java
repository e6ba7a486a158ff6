package dev.sluice.scheduler.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.drift.Agreement.Result;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgreementTest {
  private static final int BURST = 30;
  private static final double ERROR = 0.05;
  private static final double TOLERANCE = 1e-9;
  private static final Plan PLAN = new Plan(1, "f32", List.of(new ExitThreshold(0, 0.9)));

  @Test
  void boundsAPerfectRecordAsByHand() {
    Agreement agreement = Agreement.of(spaced(100, 0), BURST, ERROR);

    assertThat(agreement.share()).isEqualTo(1);
    assertThat(agreement.upper()).isEqualTo(1);
    assertThat(agreement.effectiveAudits()).isCloseTo(100, within(TOLERANCE));
    // 0.05 = lower^100
    assertThat(agreement.lower()).isCloseTo(Math.pow(0.05, 0.01), within(1e-6));
  }

  /** Clopper and Pearson: at its bounds the outcome, or a more extreme one, has chance ERROR. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 20, 150})
  void boundsIndependentAuditsAsTheBinomialDistributionDoes(int disagreements) {
    int n = 300;
    Agreement agreement = Agreement.of(spaced(n, disagreements), BURST, ERROR);

    int agreeing = n - disagreements;
    double atLeast =
        1
            - new BinomialDistribution(null, n, agreement.lower())
                .cumulativeProbability(agreeing - 1);
    double atMost =
        new BinomialDistribution(null, n, agreement.upper()).cumulativeProbability(agreeing);
    // The variance between n clusters has n - 1 in its denominator: about one audit fewer counts.
    assertThat(atLeast).isBetween(0.9 * ERROR, 1.02 * ERROR);
    assertThat(atMost).isBetween(0.9 * ERROR, 1.02 * ERROR);
  }

  @Test
  void weighsEveryAuditByTheInverseOfItsProbability() {
    List<Result> results = new ArrayList<>();
    results.add(result(0, 0.5, true)); // stands for 2
    results.add(result(100, 0.1, true)); // for 10
    results.add(result(200, 0.25, false)); // for 4

    Agreement agreement = Agreement.of(results, BURST, ERROR);

    assertThat(agreement.answers()).isCloseTo(16, within(TOLERANCE));
    assertThat(agreement.disagreements()).isCloseTo(4, within(TOLERANCE));
    assertThat(agreement.share()).isCloseTo(0.75, within(TOLERANCE));
    assertThat(agreement.audits()).isEqualTo(3);
    // Kish: 16^2 / (4 + 100 + 16) = 2.13; the variance between the three says less still.
    assertThat(agreement.effectiveAudits()).isBetween(1.0, 256.0 / 120);
  }

  @Test
  void countsABurstOfAuditsForLittleMoreThanOne() {
    List<Result> burst = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      burst.add(result(100L * (i / 10) + i % 10, 1, i / 10 % 5 != 0));
    }

    Agreement agreement = Agreement.of(burst, BURST, ERROR);

    assertThat(agreement.share()).isCloseTo(0.8, within(TOLERANCE));
    assertThat(agreement.effectiveAudits()).isBetween(20.0, 31.0);
  }

  @Test
  void knowsNextToNothingFromOneAuditOrOneBurst() {
    Agreement one = Agreement.of(List.of(result(7, 0.02, true)), BURST, ERROR);
    List<Result> scene = new ArrayList<>();
    for (int i = 0; i < BURST; i++) {
      scene.add(result(i, 1, true));
    }
    Agreement same = Agreement.of(scene, BURST, ERROR);

    assertThat(one.lower()).isCloseTo(ERROR, within(1e-6));
    assertThat(same.lower()).isCloseTo(ERROR, within(1e-6));
  }

  @Test
  void staysAShareWhereNothingAgrees() {
    Agreement agreement = Agreement.of(spaced(50, 50), BURST, ERROR);

    assertThat(agreement.share()).isZero();
    assertThat(agreement.lower()).isZero();
    assertThat(agreement.upper()).isCloseTo(1 - Math.pow(0.05, 0.02), within(1e-6));
  }

  /**
   * Scenes of thirty frames, some of which have several times as many wrong answers; doubtful
   * answers are audited five times as often, and are wrong more often.
   */
  @Test
  void coversTheTruthAsOftenAsItSaysInBurstyStreamsWithUnequalChances() {
    SplittableRandom random = new SplittableRandom(21);
    double truth = 0.7 * (1 - 0.05) + 0.3 * (1 - 0.25);
    int draws = 1000;
    int lowerWrong = 0;
    int upperWrong = 0;
    double weighted = 0;
    double plain = 0;
    for (int draw = 0; draw < draws; draw++) {
      List<Result> results = new ArrayList<>();
      double sceneFactor = 1;
      int agreeing = 0;
      for (int frame = 0; frame < 6000; frame++) {
        if (frame % 30 == 0) {
          sceneFactor = random.nextInt(10) == 0 ? 3.7 : 0.7; // 1 on average
        }
        boolean doubtful = random.nextDouble() < 0.3;
        double wrong = sceneFactor * (doubtful ? 0.25 : 0.05);
        double chance = doubtful ? 0.1 : 0.02;
        if (random.nextDouble() < chance) {
          boolean agrees = random.nextDouble() >= wrong;
          results.add(result(frame, chance, agrees));
          agreeing += agrees ? 1 : 0;
        }
      }
      Agreement agreement = Agreement.of(results, BURST, ERROR);
      weighted += agreement.share() / draws;
      plain += (double) agreeing / results.size() / draws;
      lowerWrong += agreement.lower() > truth ? 1 : 0;
      upperWrong += agreement.upper() < truth ? 1 : 0;
    }
    assertThat(weighted).isCloseTo(truth, within(0.004));
    assertThat(plain).as("without weights").isLessThan(truth - 0.03);
    assertThat((double) lowerWrong / draws).isLessThan(1.3 * ERROR);
    assertThat((double) upperWrong / draws).isLessThan(1.3 * ERROR);
  }

  @Test
  void refusesDrawsOutOfRange() {
    assertThatThrownBy(() -> new AuditDraw(-1, PLAN, 0, 0.9, true, 0.5))
        .hasMessageContaining("frame");
    assertThatThrownBy(() -> new AuditDraw(1, PLAN, 0, Double.NaN, true, 0.5))
        .hasMessageContaining("score");
    assertThatThrownBy(() -> new AuditDraw(1, PLAN, 0, 0.9, true, 0))
        .hasMessageContaining("probability");
    assertThatThrownBy(() -> new AuditDraw(1, PLAN, 0, 0.9, true, Double.NaN))
        .hasMessageContaining("probability");
  }

  private static List<Result> spaced(int audits, int disagreements) {
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < audits; i++) {
      results.add(result(100L * i, 0.02, i >= disagreements));
    }
    return results;
  }

  private static Result result(long frame, double probability, boolean agrees) {
    return new Result(new AuditDraw(frame, PLAN, 0, 0.95, true, probability), agrees);
  }
}

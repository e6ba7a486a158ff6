package dev.sluice.scheduler.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.drift.Expectation.Direction;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpectationTest {
  /** Sums of a few thousand terms. */
  private static final double TOLERANCE = 1e-9;

  private static final DriftOptions NO_TOLERANCE = new DriftOptions(1_000_000, 30, 0, 0.5, 1);

  private static final List<Plan> PLANS =
      List.of(
          new Plan(3, "f32", exits(0.9, 0.9, 0.9)),
          new Plan(1, "f32", exits(0.9, 0.8)),
          new Plan(0, "raw", exits(0.7, 0.7, 0.7)),
          Plan.local(4, exits(0.95, 0.6)),
          Plan.local(2, List.of(new ExitThreshold(0, 0.9), new ExitThreshold(1, 0))));

  /** Of ten frames per drive six stop at the first exit and four are sent. */
  @Test
  void scoresDepthAsByHand() {
    Expectation expected = expectation(sixOfTen(), new Plan(1, "f32", exits(0.9)));

    assertThat(expected.earlyShare()).isCloseTo(0.6, within(TOLERANCE));
    assertThat(expected.sentShare()).isCloseTo(0.4, within(TOLERANCE));
    // Nobody stops earlier and 0.4 later; 0.6 earlier and nobody later.
    assertThat(score(expected, Direction.DEEPER, 0)).isCloseTo(-0.4, within(TOLERANCE));
    assertThat(score(expected, Direction.DEEPER, 3)).isCloseTo(0.6, within(TOLERANCE));
    assertThat(score(expected, Direction.DEEPER, expected.sent()))
        .isCloseTo(0.6, within(TOLERANCE));
    assertThat(score(expected, Direction.SHALLOWER, 0)).isCloseTo(0.4, within(TOLERANCE));
    // Mean square 0.6 * 0.16 + 0.4 * 0.36 = 0.24.
    assertThat(score(expected, Direction.ENDS, 0)).isCloseTo(-0.08, within(TOLERANCE));
    assertThat(score(expected, Direction.MIDDLE, 3)).isCloseTo(-0.12, within(TOLERANCE));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void scoresTheCalibrationItselfAsZeroUnderEveryPlan(int seed) {
    BundleFacts facts = bursty(seed);
    for (Plan plan : PLANS) {
      Expectation expected = expectation(facts, plan);
      for (Direction direction : Direction.values()) {
        double sum = 0;
        for (CalibrationTable table : List.of(facts.select(), facts.certify())) {
          for (int s = 0; s < table.samples(); s++) {
            sum += score(expected, direction, stop(table, s, plan));
          }
        }
        assertThat(sum).as("%s, %s", plan, direction).isCloseTo(0, within(1e-6));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void scoresWhatIsOnlyKnownToBeSentAsTheMeanOfWhatIsSent(int seed) {
    BundleFacts facts = bursty(seed);
    Plan plan = new Plan(1, "f32", exits(0.9, 0.8, 0.8));
    Expectation expected = expectation(facts, plan);
    double sum = 0;
    int sent = 0;
    for (CalibrationTable table : List.of(facts.select(), facts.certify())) {
      for (int s = 0; s < table.samples(); s++) {
        int exit = stop(table, s, plan);
        if (exit > 0) {
          sum += score(expected, Direction.ENDS, exit);
          sent++;
        }
      }
    }
    assertThat(score(expected, Direction.ENDS, expected.sent()))
        .isCloseTo(sum / sent, within(TOLERANCE));
  }

  /** The products over whole sequences, multiplied out anew from the tables' rows. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void letsNoBetWinOnAverageOverTheSequencesOfTheTables(int seed) {
    BundleFacts facts = bursty(seed);
    for (Plan plan : PLANS) {
      Expectation expected = expectation(facts, plan);
      for (int bet = 0; bet < Expectation.BETS; bet++) {
        double mean = 0;
        int sequences = 0;
        for (CalibrationTable table : List.of(facts.select(), facts.certify())) {
          double log = 0;
          for (int s = 0; s < table.samples(); s++) {
            log += expected.gain(bet, stop(table, s, plan));
            if (s + 1 == table.samples() || table.sequence(s + 1) != table.sequence(s)) {
              mean += Math.exp(log);
              sequences++;
              log = 0;
            }
          }
        }
        assertThat(mean / sequences)
            .as("%s, bet %d of %s", plan, bet, expected.bet(bet))
            .isBetween(0.4, 1.0);
      }
    }
  }

  @Test
  void betsLessTheLongerTheBursts() {
    BundleFacts facts = BurstyFrames.facts(new SplittableRandom(4), 1, 500, 1, false);
    Plan plan = PLANS.get(0);
    Expectation independent = expectation(facts, plan, new DriftOptions(10_000, 1, 0, 0.5, 1));
    Expectation bursts = expectation(facts, plan, new DriftOptions(10_000, 30, 0, 0.5, 1));
    for (int bet = 0; bet < Expectation.BETS; bet++) {
      assertThat(bursts.bet(bet).weight()).isLessThan(independent.bet(bet).weight());
    }
  }

  @Test
  void asksForMoreEvidenceTheRarerFalseAlarmsShallBe() {
    BundleFacts facts = bursty(5);
    Expectation often = expectation(facts, PLANS.get(0), new DriftOptions(10_000, 30, 0, 0.5, 1));
    Expectation rarely =
        expectation(facts, PLANS.get(0), new DriftOptions(1_000_000, 30, 0, 0.5, 1));
    for (int bet = 0; bet < Expectation.BETS; bet++) {
      assertThat(rarely.bet(bet).limit() - often.bet(bet).limit())
          .isCloseTo(Math.log(100), within(TOLERANCE));
    }
  }

  @Test
  void isThereForEverySplitPlanOfABundleWithLossyCodecs() {
    BundleFacts facts = SyntheticFacts.of(3);
    for (String codec : List.of("q8", "klt-s2.0", "f32")) {
      Plan plan = new Plan(3, codec, exits(0.9, 0.9, 0.9, 0.9, 0.9));
      assertThat(Expectation.of(facts, plan, Optional.empty(), NO_TOLERANCE)).isPresent();
    }
  }

  private static BundleFacts bursty(int seed) {
    return BurstyFrames.facts(new SplittableRandom(seed), 20, 100, 50, true);
  }

  private static Expectation expectation(BundleFacts facts, Plan plan) {
    return expectation(facts, plan, NO_TOLERANCE);
  }

  private static Expectation expectation(BundleFacts facts, Plan plan, DriftOptions options) {
    return Expectation.of(facts, plan, Optional.empty(), options).orElseThrow();
  }

  private static double score(Expectation expected, Direction direction, int exit) {
    int bet = 0;
    while (Expectation.direction(bet) != direction) {
      bet++;
    }
    return (expected.gain(bet, exit) + expected.bet(bet).allowance()) / expected.bet(bet).weight();
  }

  private static int stop(CalibrationTable table, int sample, Plan plan) {
    for (ExitThreshold exit : plan.exits()) {
      if (exit.stops(table.confidence(sample, exit.exit()))) {
        return exit.exit();
      }
    }
    return table.exits() - 1;
  }

  private static BundleFacts sixOfTen() {
    BundleFacts like = bursty(1);
    return new BundleFacts(
        like.lastCut(),
        like.exits(),
        like.cuts(),
        like.codecs(),
        like.profile(),
        sixOfTen(Role.SELECT),
        sixOfTen(Role.CERTIFY));
  }

  private static CalibrationTable sixOfTen(Role role) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(role, 10, 100, new int[] {1, 2, 3, 4}, List.of());
    for (int s = 0; s < 100; s++) {
      table.sample(s, 0, s / 10);
      for (int exit = 0; exit < 4; exit++) {
        table.outcome(s, exit, 0, s % 10 < 6 ? 0.95 : 0.5, 0, 0);
      }
    }
    return table.build();
  }

  private static List<ExitThreshold> exits(double... thresholds) {
    ExitThreshold[] exits = new ExitThreshold[thresholds.length];
    for (int exit = 0; exit < exits.length; exit++) {
      exits[exit] = new ExitThreshold(exit, thresholds[exit]);
    }
    return List.of(exits);
  }
}

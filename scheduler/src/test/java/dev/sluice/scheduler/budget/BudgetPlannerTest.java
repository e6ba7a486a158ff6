package dev.sluice.scheduler.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CutFact;
import dev.sluice.scheduler.profile.BundleFacts.ExitFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.Profile;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BudgetPlannerTest {
  private static final long MS = 1_000_000;

  /** Times are rounded down by as much. */
  private static final double STEP = 1.02;

  /** Of the early exit, which is right about the second row alone; the final exit always is. */
  private static final double[] CONFIDENCE = {0.9, 0.8, 0.6, 0.4};

  /**
   * Exit 0 after 1 + 7 + 2 ms, the final exit 10 ms later, or after 18 ms without a look at exit 0.
   */
  private static BundleFacts facts() {
    return new BundleFacts(
        2,
        List.of(new ExitFact(0, 1), new ExitFact(1, 2)),
        List.of(new CutFact(0, 0), new CutFact(1, 0.4), new CutFact(2, 1)),
        List.of(),
        new Profile(
            Profile.VERSION,
            "by hand",
            MS,
            List.of(new Profile.SegmentTime(1, 7 * MS), new Profile.SegmentTime(2, 10 * MS)),
            List.of(new Profile.HeadTime(0, 2 * MS)),
            List.of()),
        table(Role.SELECT),
        table(Role.CERTIFY));
  }

  private static CalibrationTable table(Role role) {
    CalibrationTable.Builder table =
        CalibrationTable.builder(role, 3, CONFIDENCE.length, new int[] {1, 2}, List.of());
    for (int s = 0; s < CONFIDENCE.length; s++) {
      table.sample(s, 0, -1);
      table.outcome(s, 0, s == 1 ? 0 : 1, CONFIDENCE[s], 0.1, 0.5);
      table.outcome(s, 1, 0, 0.99, 0.98, 0.05);
    }
    return table.build();
  }

  private static PlanDecision decide(BudgetPlanner planner, double deviceScale) {
    Estimates now = Estimates.of(LinkState.DOWN, 1e6, 0, 0, 0, deviceScale, 1, 0, 0);
    return planner.decide(now, Optional.empty(), 0);
  }

  private static void take(BudgetAccount account, int frames, long nanosEach) {
    for (int i = 0; i < frames; i++) {
      account.begin();
      account.spend(nanosEach);
      account.over();
    }
  }

  @Test
  void halfOfTheFramesGoOnWhereThatIsWhatTheBudgetBuys() {
    // 15.4 ms each: two of four rows stop after 10 ms, the others take 20.
    BudgetPlanner planner = new BudgetPlanner(facts(), new BudgetAccount(8 * 15.4 * MS, 8));

    PlanDecision decision = decide(planner, 1);

    assertThat(decision.feasible()).isTrue();
    assertThat(decision.plan().split()).isEqualTo(2);
    assertThat(decision.plan().exits()).hasSize(1);
    assertThat(decision.plan().exits().get(0).threshold()).isBetween(0.6, 0.8);
    assertThat(decision.prediction().accuracy()).isEqualTo(0.75);
    assertThat(decision.prediction().deviceComputeNanos()).isCloseTo(15.0 * MS, within(1.0));
    assertThat(decision.reason()).contains("15.40 ms a frame", "8 frames");
  }

  @Test
  void whatHardFramesOverspentIsTakenFromThoseToCome() {
    BudgetAccount account = new BudgetAccount(8 * 15.4 * MS, 8);
    BudgetPlanner planner = new BudgetPlanner(facts(), account);
    decide(planner, 1);
    take(account, 4, 20 * MS);

    // 43.2 ms for four, 10.8 each: were one row of four to go on, it would be 12.5.
    PlanDecision decision = decide(planner, 1);

    assertThat(decision.plan().describe()).isEqualTo("local to cut 1, exits 0 always");
    assertThat(decision.feasible()).isTrue();
  }

  @Test
  void whatEasyFramesSavedIsSpentOnThoseToCome() {
    BudgetAccount account = new BudgetAccount(8 * 15.4 * MS, 8);
    BudgetPlanner planner = new BudgetPlanner(facts(), account);
    decide(planner, 1);
    take(account, 4, 10 * MS);

    // 83.2 ms for four, 20.8 each: all go to the final exit, and none pays for the early one.
    assertThat(decide(planner, 1).plan()).isEqualTo(Plan.local(2, List.of()));
  }

  @Test
  void aSlowerDeviceGetsTheThresholdsOfAShorterBudget() {
    BudgetAccount account = new BudgetAccount(8 * 15.4 * MS, 8);
    BudgetPlanner planner = new BudgetPlanner(facts(), account);

    // At 1.2 times the profile 15.4 ms are 12.8 of its: one row of four goes on, at 12.5 ms.
    PlanDecision slower = decide(planner, 1.2);

    assertThat(slower.plan().exits()).hasSize(1);
    assertThat(slower.plan().exits().get(0).threshold()).isBetween(0.4, 0.6);
    assertThat(slower.prediction().deviceComputeNanos()).isCloseTo(1.2 * 12.5 * MS, within(1.0));
  }

  @Test
  void aBudgetThatCannotBeMetIsToldWithWhatIsMissingAndTakesTheFirstExit() {
    BudgetAccount account = new BudgetAccount(8 * 15.4 * MS, 8);
    BudgetPlanner planner = new BudgetPlanner(facts(), account);

    // Eight frames take 8 * 2 * 10 ms to the first exit; 123.2 ms are there.
    PlanDecision decision = decide(planner, 2);

    assertThat(decision.feasible()).isFalse();
    assertThat(decision.plan().describe()).isEqualTo("local to cut 1, exits 0 always");
    assertThat(decision.reason())
        .isEqualTo(
            "the budget cannot be met: 8 frames take 160.0 ms to their first exit, 36.80 ms more"
                + " than are left");
  }

  @Test
  void aBudgetThatIsGoneStillHasThePlanOfTheFirstExit() {
    BudgetAccount account = new BudgetAccount(100 * MS, 8);
    BudgetPlanner planner = new BudgetPlanner(facts(), account);
    take(account, 6, 20 * MS);

    PlanDecision decision = decide(planner, 1);

    assertThat(decision.feasible()).isFalse();
    assertThat(decision.reason()).contains("2 frames take 20.00 ms", "40.00 ms more");
    assertThat(decision.plan().lastResort()).hasValue(0);
  }

  @Test
  void theNextFramesHaveTheirOwnBudgetWhenAllAreOver() {
    BudgetAccount account = new BudgetAccount(4 * 20.8 * MS, 4);
    BudgetPlanner planner = new BudgetPlanner(facts(), account);
    take(account, 3, 10 * MS);
    account.begin();
    account.spend(60 * MS);
    account.over();

    BudgetReport report = account.report();
    assertThat(report.spentNanos()).isEqualTo(90.0 * MS);
    assertThat(report.leftNanos()).isCloseTo(-6.8 * MS, within(1.0));
    assertThat(report.periods()).isEqualTo(1);
    assertThat(report.exceeded()).isEqualTo(1);
    assertThat(decide(planner, 1).plan()).isEqualTo(Plan.local(2, List.of()));

    take(account, 1, 20 * MS);
    assertThat(account.report().framesLeft()).isEqualTo(3);
    assertThat(account.report().spentNanos()).isEqualTo(20.0 * MS);
    assertThat(account.report().exceeded()).isEqualTo(1);
  }

  @Test
  void whatIsComputedWhileOthersAreDroppedCountsInItsOwnPeriod() {
    BudgetAccount account = new BudgetAccount(10 * MS, 3);
    take(account, 1, 4 * MS);
    account.begin();
    account.over();
    account.over();
    account.spend(1000 * MS);
    account.over();

    assertThat(account.report()).isEqualTo(new BudgetReport(10.0 * MS, 3, 1004.0 * MS, 3, 1, 1));
    account.begin();
    assertThat(account.report())
        .as("one of the dropped was beyond the third")
        .isEqualTo(new BudgetReport(10.0 * MS, 3, 0, 1, 1, 1));
  }

  @Test
  void countsAPeriodThatIsNotCompleteAmongThoseThatWereBegun() {
    BudgetAccount account = new BudgetAccount(10 * MS, 2);
    take(account, 2, 4 * MS);
    assertThat(account.report().begun()).isEqualTo(1);
    take(account, 1, 11 * MS);
    assertThat(account.report().begun()).isEqualTo(2);
    assertThat(account.report().tooMuch()).isEqualTo(1);
    assertThat(account.report().broken()).isTrue();
  }

  @Test
  void aFrameMayGoOnAsLongAsEveryOtherCanHaveItsFirstExit() {
    BudgetAccount account = new BudgetAccount(50 * MS, 4);
    account.begin();
    account.spend(8 * MS);

    // 42 ms are left, 30 of them are the others'.
    assertThat(account.affords(12 * MS, 10 * MS)).isTrue();
    assertThat(account.affords(12 * MS + 1, 10 * MS)).isFalse();
  }

  @Test
  void whatAFrameTookSoFarIsNotLeftOutBeforeItIsOver() {
    BudgetAccount account = new BudgetAccount(50 * MS, 4);
    account.begin();
    account.spend(8 * MS);
    assertThat(account.left()).isEqualTo(new TimeBudget(50 * MS, 4, 0));
    account.over();
    assertThat(account.left()).isEqualTo(new TimeBudget(42 * MS, 3, 0));
  }

  @Test
  void itKeepsAPlanThatItWouldChooseAndNoOther() {
    BudgetPlanner planner = new BudgetPlanner(facts(), new BudgetAccount(8 * 15.4 * MS, 8));
    Plan plan = decide(planner, 1).plan();
    Estimates same = Estimates.of(LinkState.UP, 1e9, 0, 0, 0, 1, 1, 0, 0);
    assertThat(planner.wouldKeep(plan, same)).isTrue();
    assertThat(planner.wouldKeep(plan, same.withScales(2, 1))).isFalse();
  }

  @Test
  void aLongerTimeNeverBuysFewerRightAnswersOnTheTable() {
    double before = 0;
    for (double nanos = 10 * MS; nanos < 25 * MS; nanos *= STEP) {
      BudgetPlanner planner = new BudgetPlanner(facts(), new BudgetAccount(1000 * nanos, 1000));
      double accuracy = decide(planner, 1).prediction().accuracy();
      assertThat(accuracy).as("%s ns a frame", nanos).isGreaterThanOrEqualTo(before);
      before = accuracy;
    }
    assertThat(before).isEqualTo(1);
  }

  @Test
  void refusesBooksThatMakeNoSense() {
    assertThatThrownBy(() -> new BudgetAccount(0, 1)).hasMessageContaining("totalNanos");
    assertThatThrownBy(() -> new BudgetAccount(1, 0)).hasMessageContaining("frames");
    assertThatThrownBy(() -> new BudgetAccount(1, 1).spend(-1)).hasMessageContaining("-1");
  }
}

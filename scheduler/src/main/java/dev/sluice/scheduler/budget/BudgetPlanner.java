package dev.sluice.scheduler.budget;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Plans for a budget of the device's time: everything is computed on the device, with the
 * thresholds that get the most right answers out of what is left, solved anew as the stream goes.
 * Not thread-safe.
 *
 * <p>The budgeted mode of Laskaridis, Kouris and Lane, EMDL 2021, and of Huang et al., ICLR 2018,
 * section 5. There thresholds are solved once for a batch; here {@link BudgetedThresholds#climbed}
 * is asked with every decision about the time that is left per frame, on a device as slow as it is
 * measured to be. What easy frames saved is spent on those to come; what hard ones or a device that
 * throttles took too much of is saved on them.
 *
 * <p>It plans in the mean. That a batch never takes more than its budget is seen to by whoever
 * computes it, frame by frame ({@link BudgetAccount#affords}).
 */
public final class BudgetPlanner implements Planner {
  private static final double NANOS_PER_MILLI = 1e6;

  /**
   * Times per frame that are planned alike differ by less than this factor; the plan is that of the
   * shortest. What is left over by that is in the next decision's time.
   */
  private static final double STEP = 1.02;

  private final BundleFacts facts;
  private final BudgetAccount account;
  private final BudgetedThresholds solver;
  private final Predictor predictor;
  private final double leastNanos;
  private final int highestLevel;

  /** By level of the time per frame, as the profile has times. */
  private final Map<Integer, Plan> solved = new HashMap<>();

  /**
   * Plans for a bundle.
   *
   * @param account what is left; told by whoever computes the plans
   */
  public BudgetPlanner(BundleFacts facts, BudgetAccount account) {
    this.facts = facts;
    this.account = account;
    ExitCosts costs = ExitCosts.onDevice(facts, 1);
    solver = new BudgetedThresholds(facts.select(), costs);
    predictor = new Predictor(facts, List.of(), 0, 0);
    leastNanos = costs.aloneNanos(0);
    highestLevel = level(costs.afterAllNanos(facts.finalExit())) + 1;
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    TimeBudget left = account.left();
    double atLeast = leastNanos * estimates.deviceScale() * left.frames();
    boolean feasible = atLeast <= left.totalNanos();
    Plan plan = plan(left, estimates.deviceScale());
    return new PlanDecision(
        plan,
        feasible ? reason(left) : trouble(left, atLeast),
        predictor.predict(predictor.index(plan), estimates),
        feasible);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return current.equals(plan(account.left(), imagined.deviceScale()));
  }

  private Plan plan(TimeBudget left, double deviceScale) {
    double nanos = left.nanosPerFrame() / deviceScale;
    int level = nanos < leastNanos ? -1 : Math.min(highestLevel, level(nanos));
    return solved.computeIfAbsent(level, any -> level < 0 ? earliest() : solve(level));
  }

  /** Steps from the earliest exit's time up to a longer one. */
  private int level(double nanos) {
    return (int) (Math.log(nanos / leastNanos) / Math.log(STEP));
  }

  private Plan solve(int level) {
    double nanos = leastNanos * Math.pow(STEP, level);
    return solver.climbed(TimeBudget.perFrame(nanos)).plan(facts);
  }

  /** Everything stops at the first exit. */
  private Plan earliest() {
    return Plan.local(
        facts.exitCut(0), facts.finalExit() == 0 ? List.of() : List.of(new ExitThreshold(0, 0)));
  }

  private static String reason(TimeBudget left) {
    return String.format(
        Locale.ROOT,
        "%.4g ms a frame are left for %,d frames",
        left.nanosPerFrame() / NANOS_PER_MILLI,
        left.frames());
  }

  private static String trouble(TimeBudget left, double atLeast) {
    return String.format(
        Locale.ROOT,
        "the budget cannot be met: %,d frames take %,.4g ms to their first exit, %,.4g ms more than"
            + " are left",
        left.frames(),
        atLeast / NANOS_PER_MILLI,
        (atLeast - left.totalNanos()) / NANOS_PER_MILLI);
  }
}

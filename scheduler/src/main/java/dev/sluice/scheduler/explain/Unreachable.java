package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.plan.Plan;
import java.util.List;

/**
 * That no plan keeps every constraint, which of them cannot be kept, and what was given up.
 * Immutable.
 *
 * @param givenUp what the chosen plan gives up
 * @param reaches by bound, the best that any usable plan does alone
 */
public record Unreachable(GivenUp givenUp, List<Reach> reaches) {
  /** What gives way, in this order: each comes only after the ones before it were not enough. */
  public enum GivenUp {
    /** Bounds of cost; latency and accuracy are kept. The plan nearest to them is chosen. */
    BUDGETS("the budgets, with latency and accuracy kept"),
    /** Accuracy floors; latency is kept. The most accurate plans are chosen, then the targets. */
    ACCURACY("the accuracy floor, with latency kept"),
    /** All; the plan nearest to the latency bounds is chosen. */
    LATENCY("everything; the fastest plan is taken");

    private final String words;

    GivenUp(String words) {
      this.words = words;
    }

    /** Returns it for people. */
    @Override
    public String toString() {
      return words;
    }
  }

  /**
   * The best that any usable plan does about one bound, whatever becomes of the others.
   *
   * @param best how that plan stands to the bound
   * @param plan which plan
   */
  public record Reach(Standing best, Plan plan) {}

  public Unreachable {
    reaches = List.copyOf(reaches);
  }

  /** Returns whether every bound can be kept alone, and only all of them together cannot. */
  public boolean onlyTogether() {
    return reaches.stream().allMatch(reach -> reach.best().holds());
  }
}

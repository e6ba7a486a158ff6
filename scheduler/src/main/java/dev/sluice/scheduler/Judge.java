package dev.sluice.scheduler;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Prediction;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Which plans hold the constraints under the estimates of one decision. A question that takes a
 * replay is answered once per decision. Allocates nothing. Not thread-safe.
 *
 * <p>Bounds in constant time come before replays. Of plans in a chain of which each is never slower
 * than the one before it ({@link Predictor#neverSlower}), a late one settles all that are more
 * cautious, and one in time all that are bolder.
 */
final class Judge {
  private static final byte UNKNOWN = 0;
  private static final byte YES = 1;
  private static final byte NO = 2;

  private final Predictor predictor;
  private final Limits limits;
  private final boolean[] floorHolds;
  private final double[] floorGap;
  private final int[] bolder;

  /** By plan: one whose bolder plan it is, or -1. */
  private final int[] moreCautious;

  private final double ampleShare;
  private final boolean[] usesCloud;
  private final boolean[] usesCompanion;

  /** By plan: whether its latencies keep to their bounds, and to the ample share of them. */
  private final byte[] timely;

  private final byte[] ample;

  /** By plan: accuracy lost by late replies; NaN until somebody asks. */
  private final double[] lateLoss;

  /** By plan: what {@link #latencyUse} cannot be below. */
  private final double[] leastUse;

  private final double[] scratch;
  private final boolean[] allowed;
  private Estimates estimates;
  private boolean linkUp;
  private boolean companionServed;
  private boolean restricted;

  /**
   * What is to be kept, by kind.
   *
   * @param latencies bounds of latencies
   * @param floors of accuracy
   * @param budgets all others
   */
  record Limits(List<Constraint> latencies, List<Constraint> floors, List<Constraint> budgets) {}

  /**
   * Judges by given constraints.
   *
   * @param floorHolds by plan: whether its accuracy floors hold
   * @param floorGap by plan: by how much the worst of them is missed; at most 0 if they hold
   * @param bolder by plan: one that is never slower, or -1
   * @param ampleShare of a latency bound, in (0, 1]
   * @param first estimates until {@link #begin}
   */
  Judge(
      Predictor predictor,
      Limits limits,
      boolean[] floorHolds,
      double[] floorGap,
      int[] bolder,
      double ampleShare,
      Estimates first) {
    this.predictor = predictor;
    this.limits = limits;
    this.floorHolds = floorHolds;
    this.floorGap = floorGap;
    this.bolder = bolder;
    this.ampleShare = ampleShare;
    int plans = floorHolds.length;
    usesCloud = new boolean[plans];
    usesCompanion = new boolean[plans];
    for (int i = 0; i < plans; i++) {
      usesCloud[i] = predictor.plan(i).usesCloud();
      usesCompanion[i] = predictor.plan(i).usesCompanion();
    }
    moreCautious = new int[plans];
    Arrays.fill(moreCautious, -1);
    for (int i = 0; i < plans; i++) {
      if (bolder[i] >= 0) {
        moreCautious[bolder[i]] = i;
      }
    }
    timely = new byte[plans];
    ample = new byte[plans];
    lateLoss = new double[plans];
    leastUse = new double[plans];
    scratch = new double[plans];
    allowed = new boolean[plans];
    estimates = first;
  }

  /** By plan: the next one of its chain, if that is never slower; otherwise -1. */
  static int[] bolder(Predictor predictor, List<PlanChain> chains) {
    int[] bolder = new int[predictor.size()];
    for (PlanChain chain : chains) {
      int next = -1;
      for (int i = chain.plans().size() - 1; i >= 0; i--) {
        int index = predictor.index(chain.plans().get(i));
        bolder[index] = next >= 0 && predictor.neverSlower(next, index) ? next : -1;
        next = index;
      }
    }
    return bolder;
  }

  /** Forgets what was judged before. */
  void begin(Estimates newEstimates, boolean newLinkUp, boolean newCompanionServed) {
    estimates = newEstimates;
    linkUp = newLinkUp;
    companionServed = newCompanionServed;
    restricted = false;
    Arrays.fill(lateLoss, Double.NaN);
    predictor.utilisations(estimates, leastUse);
    for (int i = 0; i < leastUse.length; i++) {
      leastUse[i] = leastUse[i] >= Prediction.OVERLOAD ? Double.POSITIVE_INFINITY : 0;
    }
    for (Constraint bound : limits.latencies()) {
      predictor.atLeast(bound.metric(), estimates, scratch);
      double share = 1 / Math.max(1, bound.bound());
      for (int i = 0; i < leastUse.length; i++) {
        leastUse[i] = Math.max(leastUse[i], scratch[i] * share);
      }
    }
    for (int i = 0; i < leastUse.length; i++) {
      timely[i] = leastUse[i] > 1 ? NO : UNKNOWN;
      ample[i] = leastUse[i] > ampleShare ? NO : UNKNOWN;
    }
  }

  /**
   * Makes only some of the plans usable, until {@link #begin}.
   *
   * @return whether any is
   */
  boolean only(Predicate<Plan> among) {
    restricted = true;
    boolean any = false;
    for (int i = 0; i < allowed.length; i++) {
      allowed[i] = among.test(predictor.plan(i));
      any |= usable(i);
    }
    return any;
  }

  boolean usable(int index) {
    boolean reachable = linkUp ? companionServed || !usesCompanion[index] : !usesCloud[index];
    return reachable && (!restricted || allowed[index]);
  }

  /** Whether a plan holds every constraint. */
  boolean holds(int index) {
    return conforms(index) && timely(index) && keepsFloor(index);
  }

  /** Whether it does so with headroom below the latency bounds. */
  boolean holdsAmply(int index) {
    return conforms(index) && amplyTimely(index) && keepsFloor(index);
  }

  /** Whether a plan may hold every constraint, by what is known without a replay. */
  boolean mayHold(int index) {
    return timely[index] != NO && floorHolds[index] && usable(index);
  }

  /** Whether it may do so with headroom. */
  boolean mayHoldAmply(int index) {
    return ample[index] != NO && floorHolds[index] && usable(index);
  }

  private boolean conforms(int index) {
    return usable(index) && floorHolds[index] && overBudget(index) <= 0;
  }

  /** Whether what is proven of a plan leaves room for what late replies lose. */
  boolean keepsFloor(int index) {
    return limits.floors().isEmpty() || floorGap[index] + lateLoss(index) <= 0;
  }

  /** Whether that may be, as far as no replay is needed; no, if the plan cannot be used. */
  boolean mayBeTimely(int index) {
    return timely[index] != NO && usable(index);
  }

  /** Whether device and link keep up and every latency keeps to its bound. */
  boolean timely(int index) {
    if (timely[index] == UNKNOWN) {
      if (within(index, 1, timely)) {
        inTime(index, timely);
      } else {
        late(index, timely);
      }
    }
    return timely[index] == YES;
  }

  private boolean amplyTimely(int index) {
    if (ample[index] == UNKNOWN) {
      if (timely[index] != NO && within(index, ampleShare, ample)) {
        inTime(index, ample);
        inTime(index, timely);
      } else {
        late(index, ample);
      }
    }
    return ample[index] == YES;
  }

  private boolean within(int index, double share, byte[] known) {
    int quicker = bolder(index);
    if (quicker >= 0 && known[quicker] == NO) {
      return false;
    }
    return predictor.timely(index, limits.latencies(), share, estimates);
  }

  private void inTime(int index, byte[] known) {
    for (int i = index; i >= 0 && known[i] == UNKNOWN; i = bolder(i)) {
      known[i] = YES;
    }
  }

  private void late(int index, byte[] known) {
    known[index] = NO;
    if (chainsHold()) {
      for (int i = moreCautious[index]; i >= 0 && known[i] == UNKNOWN; i = moreCautious[i]) {
        known[i] = NO;
      }
    }
  }

  /** Largest ratio of a latency to its bound; infinite where device or link cannot keep up. */
  double latencyUse(int index) {
    if (leastUse[index] == Double.POSITIVE_INFINITY) {
      return Double.POSITIVE_INFINITY;
    }
    double use = 0;
    for (int i = 0; i < limits.latencies().size(); i++) {
      Constraint bound = limits.latencies().get(i);
      double value = predictor.value(index, bound.metric(), estimates);
      use = Math.max(use, value / Math.max(1, bound.bound()));
    }
    return use;
  }

  /** What that cannot be below, without a replay. */
  double leastLatencyUse(int index) {
    return leastUse[index];
  }

  /** A plan that is never slower than another: then so is its {@link #latencyUse}; -1 if none. */
  int bolder(int index) {
    return chainsHold() ? bolder[index] : -1;
  }

  /**
   * Where those that are sent weigh more, sending fewer but harder ones need not be quicker; nor
   * where frames are answered early, which the bolder plan may do a little later.
   */
  private boolean chainsHold() {
    return estimates.passOdds() == 1 && estimates.framePeriodCv() == 0;
  }

  double lateLoss(int index) {
    if (Double.isNaN(lateLoss[index])) {
      lateLoss[index] = lateLoss(index, 1);
    }
    return lateLoss[index];
  }

  double lateLoss(int index, double caution) {
    double loss = 0;
    for (int i = 0; i < limits.latencies().size(); i++) {
      Constraint bound = limits.latencies().get(i);
      if (bound.metric().kind() == Metric.Kind.LATENCY_PERCENTILE) {
        loss = Math.max(loss, predictor.lateLoss(index, bound.bound(), estimates, caution));
      }
    }
    return loss;
  }

  /** Largest relative excess over a budget; at most 0 if all are kept. */
  double overBudget(int index) {
    return overBudget(index, 1);
  }

  double overBudget(int index, double caution) {
    double excess = limits.budgets().isEmpty() ? 0 : Double.NEGATIVE_INFINITY;
    for (int i = 0; i < limits.budgets().size(); i++) {
      Constraint budget = limits.budgets().get(i);
      double value = predictor.value(index, budget.metric(), estimates, caution);
      excess = Math.max(excess, budget.relativeExcess(value));
    }
    return excess;
  }
}

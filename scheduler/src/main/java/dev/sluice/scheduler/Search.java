package dev.sluice.scheduler;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.predict.Predictor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The best of the candidates by targets in order: of those that meet a condition, the ones within a
 * tolerance of the best in the first target, of these the ones within it of the best in the second,
 * and so on; then the most accurate, then a local one, then the first. Not thread-safe.
 *
 * <p>Finds what looking at every candidate would find (by definition, and in {@code SearchTest}),
 * but asks for the condition, which may cost a replay, only where the answer can matter. Where the
 * first target orders the candidates alike under all conditions they are sorted by it beforehand,
 * and the search ends at the tolerance behind the first that meets the condition. Otherwise they
 * are taken up by what the cost cannot be below, the least first, until that exceeds the best cost.
 */
final class Search {
  private static final int NONE = -1;

  private final List<Target> targets;
  private final Predictor predictor;
  private final double tolerance;
  private final int plans;

  /** Whether the first target orders plans alike under all conditions, but for shifted exits. */
  private final boolean sortable;

  /** Whether its cost ascends with the plans' numbers. */
  private boolean sorted;

  private boolean shifted;

  /**
   * By target and plan: what the cost cannot be below; NaN until somebody asks, where that depends
   * on the conditions. Where those only scale it, the cost up to that scale, which tells plans
   * apart as well.
   */
  private final double[][] least;

  /** By target: works such a bound out. */
  private final IntToDoubleFunction[] bounds;

  /** By target and plan, where it takes a replay: the cost; NaN until somebody asks. */
  private final double[][] replayed;

  private final double[] limits;

  /** By plan: its place among those that are alike in every target. */
  private final double[] preference;

  /** Numbers of the plans that are still meant, and how many. */
  private final int[] left;

  private int count;
  private final PlanQueue queue;
  private Estimates estimates;

  /**
   * Searches among the first plans of a predictor.
   *
   * @param plans how many; in the order of {@link #sort}
   * @param first estimates until {@link #begin}, with scales of 1
   */
  Search(Predictor predictor, int plans, List<Target> targets, double tolerance, Estimates first) {
    this.predictor = predictor;
    this.plans = plans;
    this.targets = targets;
    this.tolerance = tolerance;
    this.estimates = first;
    least = new double[targets.size()][plans];
    bounds = new IntToDoubleFunction[targets.size()];
    replayed = new double[targets.size()][];
    for (int t = 0; t < replayed.length; t++) {
      replayed[t] = new double[predictor.needsReplay(targets.get(t).metric()) ? plans : 0];
    }
    limits = new double[targets.size()];
    preference = preference(predictor, plans);
    left = new int[plans];
    queue = new PlanQueue(plans);
    sortable = !targets.isEmpty() && isSteady(0);
    sorted = sortable;
    for (int t = 0; t < targets.size(); t++) {
      bounds[t] = bound(t);
      if (isSteady(t)) {
        Arrays.setAll(least[t], bounds[t]);
      }
    }
    for (int i = 1; i < plans && sorted; i++) {
      if (least[0][i] < least[0][i - 1]) {
        throw new IllegalArgumentException("plans must be sorted by " + targets.get(0));
      }
    }
  }

  /**
   * Numbers a predictor's plans as a search for these targets wants them.
   *
   * @param some any estimates with scales of 1
   */
  static void sort(Predictor predictor, List<Target> targets, Estimates some) {
    if (targets.isEmpty()) {
      return;
    }
    Target first = targets.get(0);
    if (ordersAlike(first.metric().kind())) {
      double[] least = new double[predictor.size()];
      predictor.atLeast(first.metric(), some, least);
      predictor.sort(i -> first.cost(least[i]));
    }
  }

  /* Of plans sorted by a metric that grows by a common factor, the order stays. */
  private static boolean ordersAlike(Metric.Kind kind) {
    return switch (kind) {
      case ACCURACY, WORKER_COMPUTE, UPLINK_BYTES, DEVICE_COMPUTE, DEVICE_MEMORY -> true;
      case LATENCY_PERCENTILE,
          MEAN_LATENCY,
          DEADLINE_MISSES,
          THROUGHPUT,
          DEVICE_ENERGY,
          MONTHLY_UPLINK_BYTES ->
          false;
    };
  }

  /** The most accurate first, of these the local ones, of these the first. */
  private static double[] preference(Predictor predictor, int plans) {
    int[] order =
        IntStream.range(0, plans)
            .boxed()
            .sorted(
                Comparator.comparingDouble((Integer i) -> -predictor.accuracy(i))
                    .thenComparing(i -> predictor.plan(i).usesCloud()))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] place = new double[plans];
    for (int i = 0; i < plans; i++) {
      place[order[i]] = i;
    }
    return place;
  }

  /** Forgets costs under other conditions. */
  void begin(Estimates newEstimates) {
    estimates = newEstimates;
    for (double[] costs : replayed) {
      Arrays.fill(costs, Double.NaN);
    }
    boolean nowShifted = newEstimates.passOdds() != 1;
    for (int t = 0; t < targets.size(); t++) {
      bounds[t] = bound(t);
      if (!isSteady(t)) {
        Arrays.fill(least[t], Double.NaN);
      } else if (nowShifted || shifted) {
        Arrays.setAll(least[t], bounds[t]);
      }
    }
    shifted = nowShifted;
    sorted = sortable && !shifted;
  }

  /**
   * Returns the best of those that meet a condition, -1 if none does.
   *
   * @param may whether a plan may meet it, quickly told; true of all that do
   * @param condition pure until {@link #begin}
   */
  int best(IntPredicate may, IntPredicate condition) {
    int next = 0;
    if (sorted) {
      while (next < plans && !condition.test(next)) {
        next++;
      }
      if (next == plans) {
        return NONE;
      }
      limit(0, least[0][next]);
      leave(may, limits[0]);
    } else {
      leave(may, Double.POSITIVE_INFINITY);
    }
    for (int t = sorted ? 1 : 0; t < targets.size(); t++) {
      double found = least(t, condition);
      if (found == Double.POSITIVE_INFINITY) {
        return NONE;
      }
      limit(t, found);
      narrow(t);
    }
    queue.fill(left, count, preference);
    while (!queue.isEmpty()) {
      int plan = queue.poll();
      if (remains(targets.size(), plan, condition)) {
        return plan;
      }
    }
    return NONE;
  }

  private void limit(int target, double found) {
    limits[target] = found + tolerance * Math.abs(found);
  }

  /** Leaves the plans that may meet the condition; where they are sorted, up to a cost. */
  private void leave(IntPredicate may, double most) {
    count = 0;
    for (int plan = 0; plan < plans && (!sorted || least[0][plan] <= most); plan++) {
      if (may.test(plan)) {
        left[count++] = plan;
      }
    }
  }

  /** Leaves those that a target's limit may leave. */
  private void narrow(int target) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (least[target][left[i]] <= limits[target]) {
        left[kept++] = left[i];
      }
    }
    count = kept;
  }

  /** The least cost in a target of those that the targets before it left. */
  private double least(int target, IntPredicate condition) {
    bind(target);
    queue.fill(left, count, least[target]);
    double found = Double.POSITIVE_INFINITY;
    while (!queue.isEmpty()) {
      int plan = queue.poll();
      if (least[target][plan] >= found) {
        break;
      }
      if (remains(target, plan, condition)) {
        found = Math.min(found, cost(target, plan));
      }
    }
    return found;
  }

  private boolean remains(int target, int plan, IntPredicate condition) {
    if (!condition.test(plan)) {
      return false;
    }
    for (int t = 0; t < target; t++) {
      if (replayed[t].length > 0 && atMost(t, plan) > limits[t] && cost(t, plan) > limits[t]) {
        return false;
      }
    }
    return true;
  }

  /** What a cost cannot exceed: itself, if it takes no replay or nothing less says so. */
  private double atMost(int target, int plan) {
    if (replayed[target].length == 0
        || !Double.isNaN(replayed[target][plan])
        || targets.get(target).maximise()) {
      return cost(target, plan);
    }
    double most = predictor.atMost(plan, targets.get(target).metric(), estimates);
    return most == Double.POSITIVE_INFINITY ? cost(target, plan) : most;
  }

  private double cost(int target, int plan) {
    Target wanted = targets.get(target);
    double[] known = replayed[target];
    if (known.length == 0) {
      return least[target][plan];
    }
    if (Double.isNaN(known[plan])) {
      known[plan] = wanted.cost(predictor.value(plan, wanted.metric(), estimates));
    }
    return known[plan];
  }

  /** Works out the bounds of those that are left, as far as nobody has. */
  private void bind(int target) {
    double[] costs = least[target];
    IntToDoubleFunction bound = bounds[target];
    for (int i = 0; i < count; i++) {
      if (Double.isNaN(costs[left[i]])) {
        costs[left[i]] = bound.applyAsDouble(left[i]);
      }
    }
  }

  /** Whether conditions only scale the cost, but for shifted exits. */
  private boolean isSteady(int target) {
    return replayed[target].length == 0 && ordersAlike(targets.get(target).metric().kind());
  }

  /** By plan, what the cost cannot be below under the estimates of now. */
  private IntToDoubleFunction bound(int target) {
    Target wanted = targets.get(target);
    if (!wanted.maximise()) {
      return predictor.atLeast(wanted.metric(), estimates);
    }
    if (wanted.metric().kind() == Metric.Kind.ACCURACY) {
      /* Late answers can only lower it. */
      return plan -> wanted.cost(predictor.accuracy(plan));
    }
    if (replayed[target].length > 0) {
      return plan -> Double.NEGATIVE_INFINITY;
    }
    IntToDoubleFunction exact = predictor.atLeast(wanted.metric(), estimates);
    return plan -> wanted.cost(exact.applyAsDouble(plan));
  }
}

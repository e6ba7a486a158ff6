package dev.sluice.scheduler;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.predict.Predictor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The best of the candidates by targets in order: of those that meet a condition, the ones within a
 * tolerance of the best in the first target, of these the ones within it of the best in the second,
 * and so on; then the most accurate, then a local one, then the first. Not thread-safe.
 *
 * <p>Finds what looking at every candidate would find (by definition, and in {@code SearchTest}),
 * but asks for the condition, which may cost a replay, only where the answer can matter. Where the
 * first target orders the candidates alike under all conditions they are sorted by it beforehand,
 * and the search ends at the tolerance behind the first that meets the condition. Otherwise bounds
 * in constant time leave most of them out.
 */
final class Search {
  private static final int NONE = -1;

  private final List<Target> targets;
  private final Predictor predictor;
  private final double tolerance;
  private final int plans;

  /** Candidates in the order they are looked at. */
  private final int[] order;

  /** Whether the first target's cost ascends in {@link #order}, whatever the conditions. */
  private final boolean sorted;

  /** By plan: the first target's cost, or what it cannot be below. */
  private final double[] firstCost;

  /** By target and plan, where it takes a replay: the cost; NaN until somebody asks. */
  private final double[][] replayed;

  private final double[] limits;
  private Estimates estimates;

  /**
   * Searches among the first plans of a predictor.
   *
   * @param plans how many; along a chain from cautious to bold
   * @param first estimates until {@link #begin}
   */
  Search(Predictor predictor, int plans, List<Target> targets, double tolerance, Estimates first) {
    this.predictor = predictor;
    this.plans = plans;
    this.targets = targets;
    this.tolerance = tolerance;
    this.estimates = first;
    sorted = !targets.isEmpty() && ordersAlike(targets.get(0).metric().kind());
    firstCost = new double[plans];
    replayed = new double[targets.size()][];
    for (int t = 0; t < replayed.length; t++) {
      replayed[t] = new double[targets.get(t).metric().needsReplay() ? plans : 0];
    }
    limits = new double[targets.size()];
    order = order(first);
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

  private int[] order(Estimates some) {
    if (!sorted) {
      /* Chains go from cautious to bold; the bold are the quicker ones, and rule out the others. */
      return IntStream.range(0, plans).map(i -> plans - 1 - i).toArray();
    }
    Target first = targets.get(0);
    return IntStream.range(0, plans)
        .boxed()
        .sorted(
            Comparator.comparingDouble(i -> first.cost(predictor.value(i, first.metric(), some))))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Forgets costs under other conditions. */
  void begin(Estimates newEstimates) {
    estimates = newEstimates;
    for (double[] costs : replayed) {
      Arrays.fill(costs, Double.NaN);
    }
    for (int i = 0; i < plans && !targets.isEmpty(); i++) {
      firstCost[i] = leastCost(0, i);
    }
  }

  /** Returns the best of those that meet a condition, -1 if none does. */
  int best(IntPredicate condition) {
    for (int t = 0; t < targets.size(); t++) {
      double least = least(t, condition);
      if (least == Double.POSITIVE_INFINITY) {
        return NONE;
      }
      limits[t] = least + tolerance * Math.abs(least);
    }
    int best = NONE;
    for (int at = 0; at < plans && !beyond(targets.size(), at); at++) {
      int plan = order[at];
      if ((best == NONE || preferred(plan, best)) && remains(targets.size(), plan, condition)) {
        best = plan;
      }
    }
    return best;
  }

  /** The least cost in a target of those that the targets before it left. */
  private double least(int target, IntPredicate condition) {
    double least = Double.POSITIVE_INFINITY;
    if (target == 0 && !sorted) {
      /* A good one to begin with rules out most of the others. */
      int promising = 0;
      for (int plan = 1; plan < plans; plan++) {
        promising = firstCost[plan] < firstCost[promising] ? plan : promising;
      }
      least = condition.test(promising) ? cost(0, promising) : least;
    }
    for (int at = 0; at < plans && !beyond(target, at); at++) {
      int plan = order[at];
      double bound = target == 0 ? firstCost[plan] : leastCost(target, plan);
      if (bound < least && remains(target, plan, condition)) {
        least = Math.min(least, cost(target, plan));
        if (target == 0 && sorted) {
          break;
        }
      }
    }
    return least;
  }

  /** Whether from this place on nothing is left by the targets before one. */
  private boolean beyond(int target, int at) {
    return sorted && target > 0 && firstCost[order[at]] > limits[0];
  }

  private boolean remains(int target, int plan, IntPredicate condition) {
    for (int t = 0; t < target; t++) {
      if ((t == 0 ? firstCost[plan] : leastCost(t, plan)) > limits[t]) {
        return false;
      }
    }
    if (!condition.test(plan)) {
      return false;
    }
    for (int t = 0; t < target; t++) {
      if (replayed[t].length > 0 && cost(t, plan) > limits[t]) {
        return false;
      }
    }
    return true;
  }

  private boolean preferred(int plan, int to) {
    double gain = predictor.accuracy(plan) - predictor.accuracy(to);
    if (gain != 0) {
      return gain > 0;
    }
    boolean local = !predictor.plan(plan).usesCloud();
    boolean otherLocal = !predictor.plan(to).usesCloud();
    return local == otherLocal ? plan < to : local;
  }

  private double cost(int target, int plan) {
    Target wanted = targets.get(target);
    double[] known = replayed[target];
    if (known.length == 0) {
      return wanted.cost(predictor.value(plan, wanted.metric(), estimates));
    }
    if (Double.isNaN(known[plan])) {
      known[plan] = wanted.cost(predictor.value(plan, wanted.metric(), estimates));
    }
    return known[plan];
  }

  private double leastCost(int target, int plan) {
    Target wanted = targets.get(target);
    if (replayed[target].length > 0 && wanted.maximise()) {
      return Double.NEGATIVE_INFINITY;
    }
    return wanted.cost(predictor.atLeast(plan, wanted.metric(), estimates));
  }
}

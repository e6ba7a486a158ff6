package dev.sluice.experiments.study.floors;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.predict.Predictor;
import java.util.Comparator;
import java.util.OptionalInt;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The plans that are in time under a condition, best first: what the scheduler chooses from when
 * the floors are known. Immutable.
 */
final class Ranking {
  private final int[] best;
  private final double[] costs;
  private final double[] lateLosses;

  /**
   * Ranks all plans, as the scheduler does without tolerance and hysteresis.
   *
   * @param headroom share of the latency bound that must stay free
   */
  Ranking(Predictor predictor, Question question, Estimates estimates, double headroom) {
    double bound = question.latency().bound();
    int plans = predictor.size();
    costs = new double[plans];
    lateLosses = new double[plans];
    Comparator<Integer> order = Comparator.comparingInt(plan -> 0);
    for (Target target : question.objective().targets()) {
      order =
          order.thenComparingDouble(
              plan -> target.cost(predictor.value(plan, target.metric(), estimates)));
    }
    best =
        IntStream.range(0, plans)
            .filter(plan -> !predictor.overloaded(plan, estimates))
            .filter(
                plan ->
                    predictor.value(plan, question.latency().metric(), estimates)
                        <= bound * (1 - headroom))
            .boxed()
            .sorted(order)
            .mapToInt(Integer::intValue)
            .toArray();
    for (int plan : best) {
      costs[plan] = predictor.value(plan, question.cost(), estimates);
      lateLosses[plan] = predictor.lateLoss(plan, bound, estimates, 1);
    }
  }

  /**
   * Returns the best plan that keeps its floor, what late replies lose included.
   *
   * @param gap by plan: accuracy that it lacks, a share
   */
  OptionalInt choose(IntToDoubleFunction gap) {
    for (int plan : best) {
      if (gap.applyAsDouble(plan) + lateLosses[plan] <= 0) {
        return OptionalInt.of(plan);
      }
    }
    return OptionalInt.empty();
  }

  /** What a plan in time costs per frame, in the metric's base unit. */
  double cost(int plan) {
    return costs[plan];
  }
}

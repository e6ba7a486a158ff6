package dev.sluice.experiments.study.regret;

import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.FloorProof;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The plans that the scheduler has to choose from, and those whose accuracy floor is proven. Not
 * thread-safe.
 */
final class Candidates {
  private final List<PlanChain> chains;
  private final Predictor predictor;

  /** Prepares the candidates of a bundle, which takes some seconds. */
  Candidates(BundleFacts facts) {
    chains = CandidatePlans.sluice(facts);
    predictor = new Predictor(facts, all(), 0, 0);
  }

  /** All of them. */
  List<Plan> all() {
    return chains.stream().flatMap(chain -> chain.plans().stream()).toList();
  }

  /**
   * Those for which an objective's accuracy floors are proven, as the scheduler proves them; in the
   * order of all, so that what is chosen among equals is the same in every run.
   */
  List<Plan> proven(Objective objective) {
    FloorProof.Proven proven = FloorProof.of(predictor, objective).prove();
    return IntStream.range(0, predictor.size())
        .filter(proven::holds)
        .mapToObj(predictor::plan)
        .toList();
  }

  /**
   * Leaves out what another plan is as good as, or better, in every respect.
   *
   * @param slack share of a value within which it counts as good as another
   * @param respects what is looked at; less is better
   */
  static List<PlanStatistics> undominated(
      List<PlanStatistics> plans, double slack, List<ToDoubleFunction<PlanStatistics>> respects) {
    double[][] values = new double[plans.size()][respects.size()];
    for (int i = 0; i < values.length; i++) {
      for (int r = 0; r < respects.size(); r++) {
        values[i][r] = respects.get(r).applyAsDouble(plans.get(i));
      }
    }
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      int at = i;
      if (kept.stream().noneMatch(k -> asGood(values[k], values[at], slack))) {
        kept.removeIf(k -> asGood(values[at], values[k], 0));
        kept.add(i);
      }
    }
    return kept.stream().map(plans::get).toList();
  }

  private static boolean asGood(double[] one, double[] other, double slack) {
    for (int r = 0; r < one.length; r++) {
      if (one[r] > other[r] + slack * Math.abs(other[r])) {
        return false;
      }
    }
    return true;
  }
}

package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.List;
import java.util.Optional;

/**
 * The one split with the least mean latency at conditions known before the run; no exits, and never
 * changed.
 *
 * <p>Kang et al., "Neurosurgeon: Collaborative Intelligence Between the Cloud and Mobile Edge",
 * ASPLOS 2017, which picks among all splits by profiled time and bandwidth. Deviations: times come
 * from measurements of the very network instead of regressions per layer; tensors are sent with the
 * bundle's codecs whose accuracy on the SELECT table is within a bound of the uncut network's,
 * where the paper sends them raw; the split is picked once instead of per request. {@link
 * Neurosurgeon} is nearer to the paper.
 */
public final class FixedSplit implements Planner {
  private final Forced plan;

  /** Picks the split where nothing bounds the accuracy: it may lose a point. */
  public FixedSplit(BundleFacts facts, Estimates mean) {
    this(facts, mean, Terms.USUAL_LOSS);
  }

  /**
   * Picks the split.
   *
   * @param mean conditions to pick it for: the trace's mean rate and round trip, the device's and
   *     worker's scale, the frame period
   * @param mostLoss accuracy that may be lost against the uncut network, as a share in [0, 1]
   */
  public FixedSplit(BundleFacts facts, Estimates mean, double mostLoss) {
    if (!(mostLoss >= 0 && mostLoss <= 1)) {
      throw new IllegalArgumentException("mostLoss must be in [0, 1]: " + mostLoss);
    }
    List<Plan> plans =
        CandidatePlans.withoutExits(facts).stream()
            .map(PlanChain::plans)
            .flatMap(List::stream)
            .toList();
    Predictor predictor = new Predictor(facts, plans, 0, 0);
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < predictor.size(); i++) {
      if (predictor.accuracy(i) < predictor.finalAccuracy() - mostLoss) {
        continue;
      }
      /* A plan that cannot keep up is taken only where none can. */
      double cost =
          predictor.overloaded(i, mean)
              ? 1e15 * predictor.utilisation(i, mean)
              : predictor.value(i, Metric.of(Metric.Kind.MEAN_LATENCY), mean);
      if (best < 0 || cost < least) {
        best = i;
        least = cost;
      }
    }
    /* The local plan loses nothing, so there is always one. */
    plan = new Forced(facts, predictor.plan(best), "best fixed split at the mean conditions");
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return plan.decide(estimates, current, nowNanos);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return plan.wouldKeep(current, imagined);
  }
}

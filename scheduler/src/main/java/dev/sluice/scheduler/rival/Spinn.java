package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.PlanDecision;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Split and one threshold shared by all exits, re-picked from live estimates.
 *
 * <p>Laskaridis et al., "SPINN: Synergistic Progressive Inference of Neural Networks over Device
 * and Cloud", MobiCom 2020, sections 4.3 to 5: exits by top-1 probability, 8-bit linear
 * quantisation with bit-shuffle and LZ4 ({@code q8}), average latency from profile and exit rates
 * of a calibration set, hard constraints first, then targets in lexicographic order.
 *
 * <p>Deviations: percentile bounds of the objective, and bounds of deadline misses, are taken as
 * bounds of the mean, which is what SPINN predicts; its average is over a replay with arrivals, so
 * that it also sees queues; splits are the bundle's cuts, where SPINN keeps to the outputs of
 * ReLUs, the picture at cut 0 among them where a codec for it is named; where no exit reaches the
 * threshold the final exit answers, where SPINN returns the most confident of all exits; targets
 * are compared without tolerance and plans changed without hysteresis. While the link is down it
 * uses its local plans, as the paper falls back to the device.
 */
public final class Spinn implements Planner {
  /** SPINN's codec at inner cuts. */
  public static final String CODEC = "q8";

  private static final Metric MEAN = Metric.of(Metric.Kind.MEAN_LATENCY);

  private final Scheduler scheduler;

  /**
   * Plans for a bundle.
   *
   * @param pictureCodec codec at cut 0, such as {@code raw} or {@code jpeg-75}
   */
  public Spinn(BundleFacts facts, Objective objective, String pictureCodec) {
    scheduler =
        new Scheduler(
            facts,
            onMeans(objective),
            SchedulerOptions.plain(),
            CandidatePlans.sharedThreshold(facts, CODEC, pictureCodec));
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return scheduler.decide(estimates, current, nowNanos);
  }

  private static Objective onMeans(Objective objective) {
    List<Constraint> constraints = new ArrayList<>();
    for (Constraint constraint : objective.constraints()) {
      Optional<Constraint> latency = constraint.latencyBound();
      if (latency.isPresent()) {
        constraints.add(new Constraint(MEAN, latency.get().bound(), false));
      } else if (constraint.metric().kind() != Metric.Kind.DEADLINE_MISSES) {
        constraints.add(constraint);
      }
    }
    return new Objective(
        constraints,
        objective.targets().stream()
            .map(t -> new Target(onMean(t.metric()), t.maximise()))
            .toList());
  }

  /** Misses depend on the spread, of which SPINN knows nothing: fewer are a shorter mean. */
  private static Metric onMean(Metric metric) {
    return metric.isLatency() || metric.kind() == Metric.Kind.DEADLINE_MISSES ? MEAN : metric;
  }
}

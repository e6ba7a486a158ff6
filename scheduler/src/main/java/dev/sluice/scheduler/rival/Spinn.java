package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.energy.EnergyModel;
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
 *
 * <p>Energy: the paper reports what SPINN saved, but what its scheduler predicts is latency,
 * throughput, the cost on server and device, and accuracy; no model of energy is known of it, so
 * none is made up here. Without an {@link EnergyModel} an objective's device energy is read as the
 * cost on the device, its compute time, which counts neither radio nor waiting; bounds in joules
 * cannot be told from that and are left out. With one, SPINN prices energy as Sluice does, which is
 * more than its paper gives it.
 */
public final class Spinn implements Planner {
  /** SPINN's codec at inner cuts. */
  public static final String CODEC = "q8";

  private static final Metric MEAN = Metric.of(Metric.Kind.MEAN_LATENCY);
  private static final Metric DEVICE_COST = Metric.of(Metric.Kind.DEVICE_COMPUTE);

  private final Scheduler scheduler;

  /**
   * Plans for a bundle, without a model of energy.
   *
   * @param pictureCodec codec at cut 0, such as {@code raw} or {@code jpeg-75}
   */
  public Spinn(BundleFacts facts, Objective objective, String pictureCodec) {
    this(facts, withoutEnergy(objective), pictureCodec, SchedulerOptions.plain());
  }

  /**
   * Plans for a bundle.
   *
   * @param pictureCodec codec at cut 0, such as {@code raw} or {@code jpeg-75}
   * @param energy powers of device and radio as it believes them to be
   */
  public Spinn(BundleFacts facts, Objective objective, String pictureCodec, EnergyModel energy) {
    this(facts, objective, pictureCodec, SchedulerOptions.plain().with(energy));
  }

  private Spinn(
      BundleFacts facts, Objective objective, String pictureCodec, SchedulerOptions options) {
    scheduler =
        new Scheduler(
            facts,
            onMeans(objective),
            options,
            CandidatePlans.sharedThreshold(facts, CODEC, pictureCodec));
  }

  @Override
  public PlanDecision decide(Estimates estimates, Optional<Plan> current, long nowNanos) {
    return scheduler.decide(estimates, current, nowNanos);
  }

  @Override
  public boolean wouldKeep(Plan current, Estimates imagined) {
    return scheduler.wouldKeep(current, imagined);
  }

  private static Objective withoutEnergy(Objective objective) {
    return new Objective(
        objective.constraints().stream().filter(bound -> !isEnergy(bound.metric())).toList(),
        objective.targets().stream()
            .map(t -> isEnergy(t.metric()) ? new Target(DEVICE_COST, t.maximise()) : t)
            .toList());
  }

  private static boolean isEnergy(Metric metric) {
    return metric.kind() == Metric.Kind.DEVICE_ENERGY;
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

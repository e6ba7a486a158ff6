package dev.sluice.experiments.study.ablation;

import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Contender.Entry;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.Stability;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.rival.Spinn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** A part of Sluice that can be taken away. */
enum Ablation {
  /** One threshold is shared by all exits, as SPINN has it. */
  JOINT_THRESHOLDS,
  /** One codec at every cut: SPINN's, and JPEG for pictures. */
  CODEC_CHOICE,
  /** No learnt transforms. */
  TRANSFORMS,
  /** Bounds of percentiles are taken as bounds of the mean. */
  PERCENTILE_PREDICTION,
  /** Any gain changes the plan, at once, and so does a bound that caution sees broken. */
  HYSTERESIS,
  /** While a reply may still come the device waits. */
  HEDGING,
  /** The SELECT table is taken at its word. */
  CERTIFICATION;

  private static final String TRANSFORM = "klt";
  private static final String PICTURE = "jpeg-75";

  /** What the study's file calls Sluice without it. */
  String title() {
    return "without " + name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }

  /** Sluice without each part. */
  static List<Contender> contenders() {
    return Arrays.stream(values()).map(Ablation::contender).toList();
  }

  private Contender contender() {
    return new Contender(
        title(),
        Contender.Form.SHARED,
        EnumSet.allOf(Metric.Kind.class),
        true,
        (facts, question) ->
            Contender.reused(
                new Entry(
                    new Scheduler(facts, objective(question), options(), chains(facts)),
                    Optional.empty(),
                    this != HEDGING)));
  }

  private Objective objective(Question question) {
    Objective whole = question.goal().objective();
    return this == PERCENTILE_PREDICTION ? onMeans(whole) : whole;
  }

  private static Objective onMeans(Objective objective) {
    Metric mean = Metric.of(Metric.Kind.MEAN_LATENCY);
    return new Objective(
        objective.constraints().stream()
            .map(
                constraint ->
                    constraint
                        .latencyBound()
                        .map(bound -> new Constraint(mean, bound.bound(), false))
                        .orElse(constraint))
            .toList(),
        objective.targets());
  }

  private SchedulerOptions options() {
    SchedulerOptions usual = SchedulerOptions.defaults();
    return switch (this) {
      case CERTIFICATION -> usual.uncertified();
      case HYSTERESIS ->
          new SchedulerOptions(
              usual.certified(),
              usual.rateSds(),
              usual.roundTripSds(),
              usual.latencyHeadroom(),
              usual.tolerance(),
              0,
              Duration.ZERO,
              usual.device(),
              Stability.NONE.keeping(1));
      case JOINT_THRESHOLDS, CODEC_CHOICE, TRANSFORMS, PERCENTILE_PREDICTION, HEDGING -> usual;
    };
  }

  private List<PlanChain> chains(BundleFacts facts) {
    Predicate<Plan> kept =
        switch (this) {
          case JOINT_THRESHOLDS -> Ablation::oneThreshold;
          case CODEC_CHOICE ->
              plan ->
                  !plan.usesCloud()
                      || plan.codec().equals(plan.sentCut() == 0 ? PICTURE : Spinn.CODEC);
          case TRANSFORMS -> plan -> !plan.codec().contains(TRANSFORM);
          case PERCENTILE_PREDICTION, HYSTERESIS, HEDGING, CERTIFICATION -> plan -> true;
        };
    List<PlanChain> chains = new ArrayList<>();
    for (PlanChain chain : CandidatePlans.sluice(facts)) {
      List<Plan> plans = chain.plans().stream().filter(kept).toList();
      if (!plans.isEmpty()) {
        chains.add(new PlanChain(plans));
      }
    }
    return chains;
  }

  /** Exits that stop always, or never but in need, have no threshold to share. */
  static boolean oneThreshold(Plan plan) {
    return plan.exits().stream()
            .mapToDouble(ExitThreshold::threshold)
            .filter(threshold -> threshold > 0 && threshold < 1)
            .distinct()
            .count()
        <= 1;
  }
}

package dev.sluice.experiments.study.fleet;

import dev.sluice.experiments.fleet.Decider;
import dev.sluice.experiments.study.replay.BestPicture;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.rival.CloudOnly;
import dev.sluice.scheduler.rival.DeviceOnly;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** With what a fleet serves its frames: all of Sluice, or parts of it. */
enum Way {
  DEVICE_ONLY("device only"),
  CLOUD_PICTURE("cloud only, best picture"),
  EXITS("exits only"),
  SPLIT("split without exits"),
  SLUICE("all of Sluice");

  private final String title;

  Way(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /**
   * Who decides.
   *
   * @param objective bounds the accuracy against the uncut network's
   * @param every of how many plans of a chain one is kept, so that preparing takes seconds
   */
  Decider decider(BundleFacts facts, Objective objective, int every) {
    return switch (this) {
      case DEVICE_ONLY -> Decider.of(new DeviceOnly(facts));
      case CLOUD_PICTURE ->
          Decider.of(
              new CloudOnly(
                  facts, BestPicture.of(facts, objective.pointsBelowFinal().orElseThrow() / 100)));
      case EXITS, SPLIT, SLUICE ->
          Decider.of(
              new Scheduler(
                  facts,
                  objective,
                  SchedulerOptions.defaults(),
                  thinned(CandidatePlans.sluice(facts), this::mayUse, every)));
    };
  }

  /** Whether frames may be answered at exits before the last. */
  boolean exits() {
    return this == EXITS || this == SLUICE;
  }

  /** Whether devices may begin what workers finish. */
  boolean splits() {
    return this == SPLIT || this == SLUICE;
  }

  private boolean mayUse(Plan plan) {
    return switch (this) {
      case DEVICE_ONLY, EXITS -> !plan.usesCloud();
      case CLOUD_PICTURE -> plan.split() == 0 && plan.usesCloud();
      case SPLIT -> plan.exits().isEmpty();
      case SLUICE -> true;
    };
  }

  /** Every n-th plan of each chain that may be used; order, and so proofs, are kept. */
  static List<PlanChain> thinned(List<PlanChain> chains, Predicate<Plan> among, int every) {
    List<PlanChain> thin = new ArrayList<>();
    for (PlanChain chain : chains) {
      List<Plan> may = chain.plans().stream().filter(among).toList();
      List<Plan> kept = new ArrayList<>();
      for (int i = 0; i < may.size(); i += every) {
        kept.add(may.get(i));
      }
      if (!kept.isEmpty()) {
        thin.add(new PlanChain(kept));
      }
    }
    return thin;
  }
}

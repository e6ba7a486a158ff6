package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.demo.SimulatedCloud;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.rival.CloudOnly;
import dev.sluice.scheduler.rival.DeviceOnly;
import dev.sluice.scheduler.rival.FixedSplit;
import dev.sluice.scheduler.rival.Spinn;
import java.util.List;
import java.util.function.Function;

/**
 * A planner that takes part in the study. This is the place to add one. Immutable.
 *
 * @param name for people and files
 * @param learns whether it heeds the estimates, so that probes are part of its cost
 * @param maker makes its planners for a bundle and a question
 */
record Contender(String name, boolean learns, Maker maker) {
  /** The planner that the study is about. */
  static final Contender SLUICE =
      new Contender(
          "sluice",
          true,
          (facts, question) ->
              reused(
                  new Scheduler(facts, question.goal().objective(), SchedulerOptions.defaults())));

  /** All that it is compared with; each has the same pipelining and fallback. */
  static final List<Contender> RIVALS =
      List.of(
          new Contender("device-only", false, (facts, question) -> reused(new DeviceOnly(facts))),
          picture("cloud-only jpeg-75", "jpeg-75"),
          picture("cloud-only raw", "raw"),
          new Contender(
              "spinn",
              true,
              (facts, question) ->
                  reused(new Spinn(facts, question.goal().objective(), "jpeg-75"))),
          new Contender(
              "fixed split", false, (facts, question) -> mean -> new FixedSplit(facts, mean)));

  /** Makes planners; what does not depend on the trace is prepared once. */
  @FunctionalInterface
  interface Maker {
    /**
     * Prepares for a bundle and a question.
     *
     * @return makes the planner of one run; told the trace's mean conditions, for planners that are
     *     set up beforehand
     */
    Function<Estimates, Planner> prepare(BundleFacts facts, Question question);
  }

  private static Contender picture(String name, String codec) {
    return new Contender(name, false, (facts, question) -> reused(new CloudOnly(facts, codec)));
  }

  /** Every run begins at the same time, so what a planner remembers of an earlier run is void. */
  private static Function<Estimates, Planner> reused(Planner planner) {
    return mean -> planner;
  }

  /** The strategy of one run. */
  StreamReplay.Strategy strategy(Planner planner) {
    return new StreamReplay.Strategy() {
      @Override
      public Planner start(SimulatedCloud cloud) {
        return planner;
      }

      @Override
      public boolean learns() {
        return learns;
      }
    };
  }
}

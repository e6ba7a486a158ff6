package dev.sluice.experiments.study.fleet;

import dev.sluice.edge.host.EmulatedProfile;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.experiments.fleet.Access;
import dev.sluice.experiments.fleet.Access.Course;
import dev.sluice.experiments.fleet.Arrivals;
import dev.sluice.experiments.fleet.Decider;
import dev.sluice.experiments.fleet.DeviceKind;
import dev.sluice.experiments.fleet.Fleet;
import dev.sluice.experiments.fleet.FleetResult;
import dev.sluice.experiments.fleet.FleetSimulator;
import dev.sluice.experiments.fleet.PlanBook;
import dev.sluice.experiments.fleet.WorkerKind;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.sim.fleet.RateTable;
import dev.sluice.sim.trace.LinkTrace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The same twenty devices for real and simulated: 250 ms for the whole network, a frame every
 * second, the shipped bundle as it is. Their links go between 6 and 2 Mbit/s, each from its own
 * moment on. The simulator is told how fast the worker was, as the devices measured it, since that
 * is this machine's affair; nothing else is taken from the real run.
 */
final class Validation {
  static final int DEVICES = 20;
  private static final double NETWORK_NANOS = 250e6;
  private static final double SCALAR_FACTOR = 20;
  private static final long PERIOD_NANOS = 1_000_000_000L;
  private static final long ROUND_TRIP_NANOS = 40_000_000L;
  private static final int WARM_UP = 10;
  private static final int ROUNDS = 20;
  private static final LinkTrace TRACE =
      LinkTrace.builder()
          .phase(Duration.ofSeconds(20), 6, 6, Duration.ofNanos(ROUND_TRIP_NANOS))
          .phase(Duration.ofSeconds(10), 2, 2, Duration.ofNanos(ROUND_TRIP_NANOS))
          .phase(Duration.ofSeconds(10), 4, 4, Duration.ofNanos(ROUND_TRIP_NANOS))
          .build()
          .looped();

  private final BundleFacts facts;
  private final CalibrationTable test;
  private final Objective objective;
  private final List<PlanChain> chains;
  private final SessionOptions options;
  private final double factor;

  /** Both sides. */
  record Pair(RealFleet.Measured real, FleetResult simulated) {}

  Validation(BundleFacts raw, CalibrationTable test, Objective objective, int every) {
    factor = NETWORK_NANOS / raw.profile().networkNanos();
    facts = EmulatedProfile.of(raw, factor, SCALAR_FACTOR);
    this.test = test;
    this.objective = objective;
    chains = Way.thinned(CandidatePlans.sluice(facts), plan -> true, every);
    options =
        SessionOptions.of(Math.round(objective.deadlineNanos().orElseThrow())).serving(objective);
  }

  /**
   * Runs both.
   *
   * @param pictures of the table's rows, in their order
   * @param frames per device that count
   */
  Pair run(Path bundle, List<Picture> pictures, int frames, long seed) throws Exception {
    RealFleet.Measured real = real(bundle, pictures, frames, seed);
    return new Pair(real, simulated(real.workerScale(), frames, seed));
  }

  private Scheduler scheduler(long seed) {
    return new Scheduler(facts, objective, SchedulerOptions.defaults().withSeed(seed), chains);
  }

  private RealFleet.Measured real(Path bundle, List<Picture> pictures, int frames, long seed)
      throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    long cycle = TRACE.durationNanos();
    try (RealFleet fleet = RealFleet.start(bundle)) {
      for (int i = 0; i < DEVICES; i++) {
        long own = random.nextLong();
        LinkTrace trace = from(TRACE, random.nextLong(cycle));
        fleet.add(facts, () -> scheduler(own), factor, options, trace, random.split());
      }
      return fleet.stream(pictures, PERIOD_NANOS, WARM_UP, frames, random);
    }
  }

  /** A looping trace as it is from a position on. */
  static LinkTrace from(LinkTrace trace, long positionNanos) {
    List<LinkTrace.Step> steps = new ArrayList<>();
    long at = 0;
    long duration = trace.durationNanos();
    while (at < duration) {
      LinkTrace.Step step = trace.stepAt(positionNanos + at);
      steps.add(
          new LinkTrace.Step(
              at,
              step.uplinkBytesPerSecond(),
              step.downlinkBytesPerSecond(),
              step.roundTripNanos(),
              step.outage()));
      at = trace.nextChangeNanos(positionNanos + at) - positionNanos;
    }
    return LinkTrace.of(steps, duration, true);
  }

  private FleetResult simulated(double workerScale, int frames, long seed) throws Exception {
    PlanBook book = PlanBook.of(facts, test, Decider.of(scheduler(seed)));
    WorkerKind usual = WorkerKind.processors(1);
    Fleet fleet =
        new Fleet(
            List.of(
                new DeviceKind(
                    "validated", book, factor, 0, options, new Arrivals(PERIOD_NANOS, false), 1)),
            List.of(
                new Access(
                    "validated",
                    new Course.Recorded(List.of(RateTable.of(TRACE))),
                    ROUND_TRIP_NANOS,
                    0,
                    1)),
            Fleet.Cells.NEVER_OUT,
            new WorkerKind(
                usual.threads(),
                usual.capacity(),
                workerScale,
                usual.largestBatch(),
                usual.batchGain()),
            DEVICES,
            Cameras.RELATIVE_SD,
            WARM_UP * PERIOD_NANOS,
            frames * PERIOD_NANOS,
            seed);
    return new FleetSimulator(fleet).run(ROUNDS * DEVICES, 2, done -> {});
  }
}

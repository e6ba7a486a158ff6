package dev.sluice.experiments.study.herd;

import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.experiments.demo.EngineLoop;
import dev.sluice.experiments.study.replay.ReplayedNetwork;
import dev.sluice.experiments.study.replay.ReplayedWorker;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.sim.fleet.EventEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * Many devices under one worker, each with the real session, estimators and scheduler, on one
 * simulated clock. Frames are rows of the CERTIFY table; nothing is computed. The same input gives
 * the same course. Not thread-safe.
 */
final class Herd {
  private static final long SECOND = 1_000_000_000L;

  /** What deciding and compiling takes, off the request path. */
  private static final long PLANNING_NANOS = 30_000_000L;

  private static final double DEVICE_NOISE = 0.02;
  private static final byte[] ONE_PIXEL = new byte[3];

  private final Setting setting;
  private final EventEngine engine = new EventEngine();
  private final EngineLoop loop = new EngineLoop(engine);
  private final SharedWorker worker;
  private final SplittableRandom random;
  private final List<PlanChain> chains;
  private final List<EdgeSession> sessions = new ArrayList<>();
  private final List<Second> course = new ArrayList<>();

  private long frames;
  private long late;
  private long degraded;
  private Second before = new Second(0, 0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * What is simulated.
   *
   * @param facts of the bundle, its profile that of a device with factor 1
   * @param objective of every device
   * @param deadlineNanos at which a device answers by itself
   * @param options of every scheduler, but for the seed
   * @param hears whether devices are told of the worker's load
   * @param periodNanos between frames of one device
   * @param deviceFactor device's time over the profile's
   * @param linkBytesPerSecond usual rate of a device's uplink
   * @param roundTripNanos usual round trip
   * @param threads of the worker
   * @param alike whether all devices and links are the same, which is the hardest; else links have
   *     0.5 to 2 times the usual rate and round trip, and devices 0.8 to 1.25 times the speed
   * @param codecs that devices may use; few of them, and of each chain one plan in {@code every},
   *     so that preparing a hundred schedulers takes seconds
   * @param every of how many plans of a chain one is kept
   */
  record Setting(
      BundleFacts facts,
      Objective objective,
      long deadlineNanos,
      SchedulerOptions options,
      boolean hears,
      long periodNanos,
      double deviceFactor,
      double linkBytesPerSecond,
      long roundTripNanos,
      int threads,
      boolean alike,
      Set<String> codecs,
      int every) {}

  /**
   * What happened in one second.
   *
   * @param devices that were there
   * @param frames answered
   * @param late answered after the deadline or not at all
   * @param degraded answered by the device alone though the plan was another
   * @param sent requests that reached the worker
   * @param refused of these
   * @param busyNanos the worker's computing, all threads
   * @param changes of plans
   * @param local devices whose plan sends nothing at the end of the second
   */
  record Second(
      long devices,
      long frames,
      long late,
      long degraded,
      long sent,
      long refused,
      long busyNanos,
      long changes,
      long local) {}

  Herd(Setting setting, long seed) {
    this.setting = setting;
    random = new SplittableRandom(seed);
    worker = new SharedWorker(engine, setting.threads());
    chains = thinned(CandidatePlans.sluice(setting.facts()), setting.codecs(), setting.every());
  }

  /** Every n-th plan of the chains of some codecs; order, and so proofs, are kept. */
  static List<PlanChain> thinned(List<PlanChain> chains, Set<String> codecs, int every) {
    List<PlanChain> thin = new ArrayList<>();
    for (PlanChain chain : chains) {
      List<Plan> kept = new ArrayList<>();
      for (int i = 0; i < chain.plans().size(); i += every) {
        Plan plan = chain.plans().get(i);
        if (!plan.usesCloud() || codecs.contains(plan.codec())) {
          kept.add(plan);
        }
      }
      if (!kept.isEmpty()) {
        thin.add(new PlanChain(kept));
      }
    }
    return thin;
  }

  /** Lets devices join now, each at its own phase within a frame's period. */
  void join(int devices) {
    for (int i = 0; i < devices; i++) {
      add(random.split());
    }
  }

  /** From now on the worker takes so many times as long as profiled. */
  void slowDown(double factor) {
    worker.slowDown(factor);
  }

  private void add(SplittableRandom mine) {
    double factor = setting.alike() ? 1 : Math.exp(mine.nextDouble(-0.22, 0.22));
    double rate = setting.alike() ? 1 : Math.exp(mine.nextDouble(-0.7, 0.7));
    double trip = setting.alike() ? 1 : Math.exp(mine.nextDouble(-0.7, 0.7));
    int samples = setting.facts().certify().samples();
    int[] rows = mine.ints(samples, 0, samples).toArray();
    HerdCloud cloud =
        new HerdCloud(
            loop,
            worker,
            new ReplayedWorker(
                setting.facts().certify(),
                Optional.empty(),
                setting.facts().workerProfile(),
                rows,
                DEVICE_NOISE,
                mine.split()),
            rate * setting.linkBytesPerSecond(),
            Math.round(trip * setting.roundTripNanos()),
            setting.hears(),
            setting.objective().idlePingNanos(),
            mine.split());
    EmulatedDevice device =
        new EmulatedDevice(
            loop, Runnable::run, factor * setting.deviceFactor(), DEVICE_NOISE, mine.split());
    Executor background = task -> engine.scheduleAfter(PLANNING_NANOS, task);
    EdgeSession session =
        EdgeSession.open(
            new Surroundings(
                loop,
                device,
                cloud,
                new ReplayedNetwork(
                    setting.facts().certify(), Optional.empty(), rows, Optional.empty()),
                background),
            setting.facts().profile(),
            new Scheduler(
                setting.facts(),
                setting.objective(),
                setting.options().withSeed(mine.nextLong()),
                chains),
            new Estimators(),
            SessionOptions.of(setting.deadlineNanos()).serving(setting.objective()));
    sessions.add(session);
    long firstNanos = engine.nowNanos() + SECOND + mine.nextLong(setting.periodNanos());
    session.warmUp(frame(0, 0), () -> {});
    engine.schedule(firstNanos, () -> capture(session, 0, rows.length));
  }

  private void capture(EdgeSession session, long number, int rows) {
    long now = engine.nowNanos();
    /* Ids must be rows and not in use; a row comes again long after its answer. */
    session.submit(frame(number % rows, now), this::take);
    engine.schedule(now + setting.periodNanos(), () -> capture(session, number + 1, rows));
  }

  private void take(EdgeAnswer answer) {
    frames++;
    degraded += answer.degraded() ? 1 : 0;
    late += answer.dropped() || answer.latencyNanos() > setting.deadlineNanos() ? 1 : 0;
  }

  private static Frame frame(long id, long captureNanos) {
    return new Frame(id, "frame " + id, ONE_PIXEL, 1, 1, captureNanos);
  }

  /** Lets time pass and takes down what happens. */
  void run(int seconds) {
    for (int i = 0; i < seconds; i++) {
      engine.runUntil(engine.nowNanos() + SECOND);
      Second sums = sums();
      course.add(
          new Second(
              sums.devices,
              sums.frames - before.frames,
              sums.late - before.late,
              sums.degraded - before.degraded,
              sums.sent - before.sent,
              sums.refused - before.refused,
              sums.busyNanos - before.busyNanos,
              sums.changes - before.changes,
              sums.local));
      before = sums;
    }
  }

  private Second sums() {
    long changes = 0;
    long local = 0;
    for (EdgeSession session : sessions) {
      changes += session.status().counters().planChanges();
      local += session.status().decision().plan().usesCloud() ? 0 : 1;
    }
    return new Second(
        sessions.size(),
        frames,
        late,
        degraded,
        worker.submitted(),
        worker.refused(),
        worker.busyNanos(),
        changes,
        local);
  }

  /** What happened, second by second. */
  List<Second> course() {
    return List.copyOf(course);
  }

  /** The plans that every device chooses among. */
  List<PlanChain> chains() {
    return List.copyOf(chains);
  }
}

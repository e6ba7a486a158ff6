package dev.sluice.experiments.fleet;

import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Place;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.experiments.demo.EngineLoop;
import dev.sluice.experiments.demo.SimulatedCloud;
import dev.sluice.experiments.study.replay.ReplayedNetwork;
import dev.sluice.experiments.study.replay.ReplayedWorker;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.sim.fleet.EventEngine;
import dev.sluice.sim.link.LinkModel;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The oracle: one real session with the real scheduler on a simulated clock, a packet-level link
 * and a worker of its own.
 */
final class RealSession {
  private static final long LEAD_NANOS = 2_000_000_000L;
  private static final long PLANNING_NANOS = 30_000_000L;
  private static final byte[] ONE_PIXEL = new byte[3];

  private final List<EdgeAnswer> answers = new ArrayList<>();
  private final int[] rows;
  private final CalibrationTable test;
  private long sent;
  private long probes;

  private RealSession(int[] rows, CalibrationTable test) {
    this.rows = rows;
    this.test = test;
  }

  static RealSession run(
      BundleFacts facts,
      CalibrationTable test,
      Scheduler scheduler,
      SessionOptions options,
      double factor,
      LinkTrace trace,
      long periodNanos,
      int frames,
      double relativeSd,
      long seed) {
    SplittableRandom seeds = new SplittableRandom(seed);
    int[] rows = seeds.ints(frames, 0, test.samples()).toArray();
    RealSession run = new RealSession(rows, test);
    EventEngine engine = new EventEngine();
    EngineLoop loop = new EngineLoop(engine);
    SimulatedCloud cloud =
        new SimulatedCloud(
            loop,
            new LinkModel(trace, LEAD_NANOS, LinkOptions.DEFAULT),
            new ReplayedWorker(
                test, Optional.empty(), facts.workerProfile(), rows, relativeSd, seeds.split()));
    EdgeSession session =
        EdgeSession.open(
            new Surroundings(
                loop,
                new EmulatedDevice(loop, Runnable::run, factor, relativeSd, seeds.split()),
                cloud,
                new ReplayedNetwork(test, Optional.empty(), rows, Optional.empty()),
                task -> engine.scheduleAfter(PLANNING_NANOS, task)),
            facts.profile(),
            scheduler,
            new Estimators(),
            options);
    for (int i = 0; i < frames; i++) {
      int frame = i;
      long at = LEAD_NANOS + i * periodNanos;
      engine.schedule(at, () -> session.submit(frame(frame, at), run.answers::add));
    }
    session.warmUp(frame(0, 0), () -> {});
    engine.runUntil(LEAD_NANOS + frames * periodNanos + 5_000_000_000L);
    run.sent = session.status().counters().sent();
    run.probes = session.status().counters().probes();
    session.close();
    cloud.close();
    return run;
  }

  private static Frame frame(long id, long captureNanos) {
    return new Frame(id, "frame " + id, ONE_PIXEL, 1, 1, captureNanos);
  }

  double latencyNanos(double percent) {
    long[] sorted = answers.stream().mapToLong(EdgeAnswer::latencyNanos).sorted().toArray();
    return sorted[Math.min(sorted.length - 1, (int) Math.ceil(sorted.length * percent / 100))];
  }

  double offloadShare() {
    return (double) sent / rows.length;
  }

  double cloudShare() {
    return share(answers.stream().filter(a -> a.place() == Place.CLOUD).count());
  }

  double degradedShare() {
    return share(answers.stream().filter(a -> a.degraded() && !a.dropped()).count());
  }

  double accuracy() {
    return share(
        answers.stream()
            .filter(a -> a.label() == test.label(rows[Math.toIntExact(a.id())]))
            .count());
  }

  long probes() {
    return probes;
  }

  private double share(long count) {
    return (double) count / rows.length;
  }

  @Override
  public String toString() {
    return "p50 %.1f p95 %.1f p99 %.1f ms, sent %.3f, cloud %.3f, degraded %.3f, right %.3f, of %d"
        .formatted(
            latencyNanos(50) / 1e6,
            latencyNanos(95) / 1e6,
            latencyNanos(99) / 1e6,
            offloadShare(),
            cloudShare(),
            degradedShare(),
            accuracy(),
            Arrays.stream(rows).count());
  }
}

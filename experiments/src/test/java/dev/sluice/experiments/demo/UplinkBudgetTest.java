package dev.sluice.experiments.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.experiments.study.replay.ReplayedNetwork;
import dev.sluice.experiments.study.replay.ReplayedWorker;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import dev.sluice.sim.fleet.EventEngine;
import dev.sluice.sim.link.LinkModel;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Hours of real sessions on a simulated clock, whose objective bounds a month's bytes. */
class UplinkBudgetTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long PERIOD_NANOS = 10 * SECOND;
  private static final int FRAMES = 2 * 360;
  private static final double LARGEST_PROBE = 12_000;
  private static final long LEAD_NANOS = 2 * SECOND;
  private static final long PLANNING_NANOS = 30_000_000L;
  private static final double FACTOR = 12;

  private static final BundleFacts FACTS =
      SyntheticFacts.of(new SyntheticFacts.Shape(4, List.of(1, 2), 300, 10, 6_000_000, true), 5);

  /** What a session came to: its own account, and what the link carried. */
  private record Outcome(SessionStatus status, long requestBytes, long probeBytes) {
    /** Bytes that would be sent in a month, by the session's account. */
    double monthly() {
      return status.uplinkBytesPerMonth();
    }

    @Override
    public String toString() {
      return status.uplink() + ", " + status.decision().plan().describe();
    }
  }

  private static Outcome run(String goal, double megabits) throws Exception {
    Objective objective = Objective.parse(goal);
    SplittableRandom seeds = new SplittableRandom(7);
    int[] rows = seeds.ints(FRAMES, 0, FACTS.certify().samples()).toArray();
    EventEngine engine = new EventEngine();
    EngineLoop loop = new EngineLoop(engine);
    LinkTrace trace =
        LinkTrace.constant(megabits * 125_000, megabits * 125_000, Duration.ofMillis(40));
    SimulatedCloud cloud =
        new SimulatedCloud(
            loop,
            new LinkModel(trace, LEAD_NANOS, LinkOptions.DEFAULT),
            new ReplayedWorker(
                FACTS.certify(),
                Optional.empty(),
                FACTS.workerProfile(),
                rows,
                0.02,
                seeds.split()),
            objective.idlePingNanos());
    EdgeSession session =
        EdgeSession.open(
            new Surroundings(
                loop,
                new EmulatedDevice(loop, Runnable::run, FACTOR, 0.02, seeds.split()),
                cloud,
                new ReplayedNetwork(FACTS.certify(), Optional.empty(), rows, Optional.empty()),
                task -> engine.scheduleAfter(PLANNING_NANOS, task)),
            FACTS.profile(),
            new Scheduler(FACTS, objective, SchedulerOptions.defaults().uncertified()),
            new Estimators(),
            SessionOptions.of(150_000_000L).serving(objective));
    for (int i = 0; i < FRAMES; i++) {
      long at = LEAD_NANOS + i * PERIOD_NANOS;
      Frame frame = new Frame(i, "frame " + i, new byte[3], 1, 1, at);
      engine.schedule(at, () -> session.submit(frame, answer -> {}));
    }
    session.warmUp(new Frame(0, "warm", new byte[3], 1, 1, 0), () -> {});
    engine.runUntil(LEAD_NANOS + FRAMES * PERIOD_NANOS);
    Outcome outcome = new Outcome(session.status(), cloud.requestBytes(), cloud.probeBytes());
    session.close();
    cloud.close();
    return outcome;
  }

  @Test
  void aMonthsBudgetIsKeptWithAllThatTheLinkTakes() throws Exception {
    String goal =
        "p95_latency <= 150 ms, accuracy >= final - 3 pt, uplink_bytes <= %s;"
            + " minimise device_compute";
    Outcome kept = run(goal.formatted("0.5 GB/month"), 8);

    assertThat(kept.monthly()).as("%s", kept).isBetween(0.3e9, 0.5e9);
    assertThat(kept.status().uplink().requests()).as("%s", kept).isEqualTo(kept.requestBytes());
    assertThat(kept.status().uplink().probes()).as("%s", kept).isEqualTo(kept.probeBytes());

    // The same plan by a bound of requests alone: what the link takes comes on top.
    Outcome loose = run(goal.formatted("1.7 KB"), 8);
    assertThat(loose.status().decision().plan()).isEqualTo(kept.status().decision().plan());
    assertThat(Metric.monthlyBytes((double) loose.requestBytes() / FRAMES, PERIOD_NANOS))
        .as("%s", loose)
        .isLessThan(0.5e9);
    assertThat(loose.monthly()).as("%s", loose).isGreaterThan(1e9);
  }

  @Test
  void aLocalPlanWhoseLinkMayNotRestTakesATenthOfTheBudget() throws Exception {
    // Too slow to send anything in time, while a quicker one would be used.
    String goal = "p95_latency <= 100 ms%s; minimise device_compute";
    Outcome kept = run(goal.formatted(", uplink_bytes <= 0.6 GB/month"), 0.05);

    assertThat(kept.status().decision().plan().usesCloud()).as("%s", kept).isFalse();
    assertThat(kept.status().estimates().link()).isEqualTo(LinkState.UP);
    assertThat(kept.status().uplink().probes()).as("%s", kept).isGreaterThan(20_000);
    double allowed =
        0.1 * Metric.bytesPerSecond(0.6e9) * kept.status().nowNanos() / SECOND + 2 * LARGEST_PROBE;
    assertThat((double) kept.status().uplink().total()).as("%s", kept).isLessThanOrEqualTo(allowed);

    Outcome loose = run(goal.formatted(""), 0.05);
    assertThat(loose.status().decision().plan().usesCloud()).as("%s", loose).isFalse();
    assertThat((double) loose.status().uplink().total()).as("%s", loose).isGreaterThan(5 * allowed);
  }

  @Test
  void whereTheLinkAloneTakesTooMuchItRestsAndTheReasonSaysSo() throws Exception {
    Outcome kept =
        run("p95_latency <= 150 ms, uplink_bytes <= 20 MB/month; minimise device_compute", 8);

    assertThat(kept.status().estimates().link()).as("%s", kept).isEqualTo(LinkState.RESTING);
    assertThat(kept.monthly()).as("%s", kept).isLessThanOrEqualTo(20e6);
    assertThat(kept.status().decision().reason())
        .contains("pings and probes alone take 26.92 MB/month, more than 20 MB/month");
  }
}

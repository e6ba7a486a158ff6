package dev.sluice.experiments.study.regret;

import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.session.EdgeAnswer;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Place;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.experiments.demo.EngineLoop;
import dev.sluice.experiments.demo.SimulatedCloud;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.plan.LatencyDistribution;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.sim.fleet.EventEngine;
import dev.sluice.sim.link.LinkModel;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * Streams frames through the real edge session on a simulated clock. What exits say, rightly or
 * not, and how many bytes a codec writes is looked up in a table of frames that nothing was chosen
 * on; times are the profile's times the device's factor, with seeded noise; bytes travel over the
 * link's model of a trace, slow start and idle restart included. No network is computed, so that a
 * minute takes milliseconds. The same input gives the same outcome. Immutable.
 *
 * <p>The planner sees what the session's estimators measure, decides when the session asks (every
 * 250 ms, after every third transfer, when the link's state or a probe says something new) and its
 * plan holds some time later, as when it had to be compiled.
 *
 * @param facts what planners know; its profile, times {@code deviceFactor}, is the device's
 * @param test outcomes of the frames that are streamed
 * @param deviceFactor device's time over the profile's, positive
 * @param periodNanos time between frames, positive
 * @param linkOptions what the link does beyond the trace
 * @param relativeSd standard deviation of the noise on every time, in [0, 0.3)
 */
record StreamReplay(
    BundleFacts facts,
    CalibrationTable test,
    double deviceFactor,
    long periodNanos,
    LinkOptions linkOptions,
    double relativeSd) {
  /** Time before the trace begins, in which the session connects, warms up and plans. */
  static final long LEAD_NANOS = 2_000_000_000L;

  private static final long TAIL_NANOS = 5_000_000_000L;

  /** What deciding and compiling takes, off the request path. */
  private static final long PLANNING_NANOS = 30_000_000L;

  /** How often a planner that is told everything is asked. */
  private static final long CLAIRVOYANT_REPLAN_NANOS = 10_000_000L;

  /** How long a frame waits for its plan where nothing else answers it. */
  private static final long PATIENCE_NANOS = 2_000_000_000L;

  private static final byte[] ONE_PIXEL = new byte[3];

  StreamReplay {
    if (!(periodNanos > 0 && deviceFactor > 0)) {
      throw new IllegalArgumentException("period and factor must be positive");
    }
  }

  /** Who plans. */
  interface Strategy {
    /**
     * Returns the planner of one run.
     *
     * @param cloud whose link only a clairvoyant may look at
     */
    Planner start(SimulatedCloud cloud);

    /** Whether it learns from probes, so that they are part of its cost. */
    default boolean learns() {
      return true;
    }

    /** Whether the device answers when the cloud does not; otherwise a frame waits for its plan. */
    default boolean fallback() {
      return true;
    }

    /** When active exits stop, if not by the plans' thresholds. */
    default Optional<ExitCriterion> criterion() {
      return Optional.empty();
    }

    /** Whether it is asked all the time and its plan holds at once. */
    default boolean clairvoyant() {
      return false;
    }
  }

  /** When a frame is captured. */
  static long captureNanos(int frame, long periodNanos) {
    return LEAD_NANOS + frame * periodNanos;
  }

  /**
   * Streams frames.
   *
   * @param rows the table's row of every frame, at least one; not modified
   * @param seed of the noise
   * @throws IllegalStateException if a frame got no answer, or two
   */
  Outcome run(Strategy strategy, Question question, LinkTrace trace, int[] rows, long seed) {
    EventEngine engine = new EventEngine();
    EngineLoop loop = new EngineLoop(engine);
    SplittableRandom seeds = new SplittableRandom(seed);
    LinkModel link = new LinkModel(trace, LEAD_NANOS, linkOptions);
    SimulatedCloud cloud =
        new SimulatedCloud(
            loop,
            link,
            new ReplayedWorker(test, facts.workerProfile(), rows, relativeSd, seeds.split()));
    MeteredDevice device =
        new MeteredDevice(
            new EmulatedDevice(loop, Runnable::run, deviceFactor, relativeSd, seeds.split()));
    Executor background =
        strategy.clairvoyant() ? Runnable::run : task -> engine.scheduleAfter(PLANNING_NANOS, task);
    EdgeSession session =
        EdgeSession.open(
            new Surroundings(
                loop,
                device,
                cloud,
                new ReplayedNetwork(test, rows, strategy.criterion()),
                background),
            facts.profile(),
            strategy.start(cloud),
            new Estimators(),
            options(question, strategy));
    engine.schedule(LEAD_NANOS, device::reset);
    Answers answers = new Answers(test, rows, question.deadlineNanos());
    for (int i = 0; i < rows.length; i++) {
      Frame frame = frame(i, captureNanos(i, periodNanos));
      engine.schedule(
          frame.captureNanos(), () -> session.submit(frame, answer -> answers.take(answer)));
    }
    session.warmUp(frame(0, 0), () -> {});
    engine.runUntil(captureNanos(rows.length, periodNanos) + TAIL_NANOS);
    long probes = session.status().counters().probes();
    long planChanges = session.status().counters().planChanges();
    session.close();
    cloud.close();
    /* What a link that stays down holds back would come, if ever, when nobody waits. */
    engine.runUntil(engine.nowNanos() + TAIL_NANOS);
    double bytes = cloud.requestBytes() + (strategy.learns() ? cloud.probeBytes() : 0L);
    return answers.outcome(cloud.workerNanos(), device.busyNanos(), bytes, probes, planChanges);
  }

  private static SessionOptions options(Question question, Strategy strategy) {
    SessionOptions usual =
        SessionOptions.of(question.deadlineNanos()).withEagerHedge(question.eagerHedge());
    if (!strategy.fallback()) {
      return usual.withoutFallback(PATIENCE_NANOS);
    }
    return strategy.clairvoyant()
        ? new SessionOptions(
            usual.deadlineNanos(),
            usual.slackNanos(),
            usual.marginFraction(),
            usual.fallback(),
            usual.eagerHedge(),
            usual.patienceNanos(),
            usual.maxWaiting(),
            usual.maxOutstanding(),
            CLAIRVOYANT_REPLAN_NANOS)
        : usual;
  }

  private static Frame frame(int number, long captureNanos) {
    return new Frame(number, "frame " + number, ONE_PIXEL, 1, 1, captureNanos);
  }

  /** Takes down what came back. */
  private static final class Answers {
    private final CalibrationTable test;
    private final int[] rows;
    private final long deadlineNanos;
    private final long[] latencies;
    private final BitSet answered = new BitSet();
    private int late;
    private int dropped;
    private int degraded;
    private int fromCloud;
    private int right;

    Answers(CalibrationTable test, int[] rows, long deadlineNanos) {
      this.test = test;
      this.rows = rows;
      this.deadlineNanos = deadlineNanos;
      latencies = new long[rows.length];
    }

    void take(EdgeAnswer answer) {
      int frame = Math.toIntExact(answer.id());
      if (answered.get(frame)) {
        throw new IllegalStateException("frame " + frame + " was answered twice");
      }
      answered.set(frame);
      /* A frame without a prediction is not the quicker for being given up early. */
      latencies[frame] =
          answer.dropped()
              ? Math.max(answer.latencyNanos(), 2 * deadlineNanos)
              : answer.latencyNanos();
      late += latencies[frame] > deadlineNanos ? 1 : 0;
      dropped += answer.dropped() ? 1 : 0;
      degraded += answer.degraded() && !answer.dropped() ? 1 : 0;
      fromCloud += answer.place() == Place.CLOUD ? 1 : 0;
      right += answer.label() == test.label(rows[frame]) ? 1 : 0;
    }

    Outcome outcome(
        long workerNanos, long deviceNanos, double bytes, long probes, long planChanges) {
      if (answered.cardinality() != rows.length) {
        throw new IllegalStateException(
            "frame " + answered.nextClearBit(0) + " of " + rows.length + " got no answer");
      }
      double frames = rows.length;
      int finalExit = test.exits() - 1;
      int uncut = (int) Arrays.stream(rows).filter(row -> test.correct(row, finalExit)).count();
      LatencyDistribution latency = LatencyDistribution.of(latencies);
      return new Outcome(
          rows.length,
          late,
          dropped,
          degraded,
          fromCloud,
          right,
          uncut,
          latency.percentileNanos(95),
          latency.meanNanos(),
          workerNanos / frames,
          deviceNanos / frames,
          bytes / frames,
          probes,
          planChanges);
    }
  }
}

package dev.sluice.experiments.study.replay;

import dev.sluice.edge.EdgeSession;
import dev.sluice.edge.host.EmulatedDevice;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Oversight;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.SessionStatus;
import dev.sluice.edge.session.Surroundings;
import dev.sluice.experiments.demo.EngineLoop;
import dev.sluice.experiments.demo.SimulatedCloud;
import dev.sluice.scheduler.Planner;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.predict.ExitCriterion;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.sim.fleet.EventEngine;
import dev.sluice.sim.link.LinkModel;
import dev.sluice.sim.link.LinkOptions;
import dev.sluice.sim.trace.LinkTrace;
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
 * @param uncut whose final exit is the uncut network that accuracies are compared with: {@code
 *     test}, or the same frames in float32 where the device computes at another precision
 * @param companion answers of the bundle's companion to the same frames; planners that send it
 *     pictures need it
 * @param deviceFactor device's time over the profile's, positive
 * @param periodNanos time between frames, positive
 * @param linkOptions what the link does beyond the trace
 * @param relativeSd standard deviation of the noise on every time, in [0, 0.3)
 */
public record StreamReplay(
    BundleFacts facts,
    CalibrationTable test,
    CalibrationTable uncut,
    Optional<ReplayedCompanion> companion,
    double deviceFactor,
    long periodNanos,
    LinkOptions linkOptions,
    double relativeSd) {
  /** Time before the trace begins, in which the session connects, warms up and plans. */
  public static final long LEAD_NANOS = 2_000_000_000L;

  private static final long TAIL_NANOS = 5_000_000_000L;

  /** What deciding and compiling takes, off the request path. */
  private static final long PLANNING_NANOS = 30_000_000L;

  /** How often a planner that is told everything is asked. */
  private static final long CLAIRVOYANT_REPLAN_NANOS = 10_000_000L;

  /** How long a frame waits for its plan where nothing else answers it. */
  private static final long PATIENCE_NANOS = 2_000_000_000L;

  private static final byte[] ONE_PIXEL = new byte[3];

  public StreamReplay {
    if (!(periodNanos > 0 && deviceFactor > 0)) {
      throw new IllegalArgumentException("period and factor must be positive");
    }
    if (uncut.samples() != test.samples() || uncut.exits() != test.exits()) {
      throw new IllegalArgumentException("the uncut network's table is of other frames");
    }
    if (facts.companion().isPresent() != companion.isPresent()) {
      throw new IllegalArgumentException(
          "planners know of a companion, and there is none to replay, or the other way round");
    }
    if (companion.isPresent() && companion.get().test().samples() != test.samples()) {
      throw new IllegalArgumentException("the companion's table is of other frames");
    }
  }

  /** Replays a network without companion that is compared with itself, uncut. */
  public StreamReplay(
      BundleFacts facts,
      CalibrationTable test,
      double deviceFactor,
      long periodNanos,
      LinkOptions linkOptions,
      double relativeSd) {
    this(facts, test, test, Optional.empty(), deviceFactor, periodNanos, linkOptions, relativeSd);
  }

  /** What no planner can know of a run. */
  public interface Truth {
    /** Returns the cloud with its link. */
    SimulatedCloud cloud();

    /**
     * Returns when the device's stage in progress is to end, its noise apart; in the past if it is
     * idle.
     */
    long deviceFreeNanos();
  }

  /** Who plans. */
  public interface Strategy {
    /**
     * Returns the planner of one run.
     *
     * @param truth which only a clairvoyant may look at
     */
    Planner start(Truth truth);

    /** Whether it learns from probes, so that they are part of its cost. */
    default boolean learns() {
      return true;
    }

    /** Whether the device answers when the cloud does not; otherwise a frame waits for its plan. */
    default boolean fallback() {
      return true;
    }

    /** Whether the device may go on alone while a reply may still come. */
    default boolean hedges() {
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

  /**
   * Longest time from the moment when a link is back until frames are captured under a plan that
   * knows of it, by design and in nanoseconds: the link is noticed, the session decides, and the
   * plan is made ready.
   *
   * @param deadlineNanos of the frames
   */
  public static long recoveryNanos(long deadlineNanos) {
    return SimulatedCloud.NOTICED_NANOS
        + SessionOptions.of(deadlineNanos).replanNanos()
        + PLANNING_NANOS;
  }

  /** When a frame is captured. */
  public static long captureNanos(int frame, long periodNanos) {
    return LEAD_NANOS + frame * periodNanos;
  }

  /**
   * Streams frames at the usual distance.
   *
   * @param rows the table's row of every frame, at least one; not modified
   * @param seed of the noise
   * @throws IllegalStateException if a frame got no answer, or two
   */
  public Outcome run(Strategy strategy, Question question, LinkTrace trace, int[] rows, long seed) {
    return log(strategy, Stream.of(question, trace, new Load.Periodic(periodNanos), rows, seed))
        .outcome();
  }

  /**
   * Streams frames.
   *
   * @return what became of every one
   * @throws IllegalStateException if a frame got no answer, or two
   */
  public StreamLog log(Strategy strategy, Stream stream) {
    return new Run(strategy, stream).log();
  }

  /** One run. Not thread-safe. */
  private final class Run {
    private final Strategy strategy;
    private final Stream stream;
    private final EventEngine engine = new EventEngine();
    private final SimulatedCloud cloud;
    private final MeteredDevice device;
    private final EdgeSession session;
    private final StreamLog log;
    private final SplittableRandom captures;
    private long probedBefore;
    private int next;

    Run(Strategy strategy, Stream stream) {
      this.strategy = strategy;
      this.stream = stream;
      EngineLoop loop = new EngineLoop(engine);
      SplittableRandom seeds = new SplittableRandom(stream.seed());
      LinkModel link = new LinkModel(stream.trace(), LEAD_NANOS, linkOptions);
      cloud =
          new SimulatedCloud(
              loop,
              link,
              new ReplayedWorker(
                  test, companion, facts.workerProfile(), stream.rows(), relativeSd, seeds.split()),
              stream.question().goal().objective().idlePingNanos());
      device =
          new MeteredDevice(
              new EmulatedDevice(loop, Runnable::run, deviceFactor, relativeSd, seeds.split()),
              () -> stream.slowdown().applyAsDouble(engine.nowNanos() - LEAD_NANOS),
              engine::nowNanos,
              deviceFactor);
      captures = seeds.split();
      log = new StreamLog(uncut, stream.rows(), stream.question().deadlineNanos());
      Executor background =
          strategy.clairvoyant()
              ? Runnable::run
              : task -> engine.scheduleAfter(PLANNING_NANOS, task);
      session =
          EdgeSession.open(
              new Surroundings(
                  loop,
                  device,
                  cloud,
                  new ReplayedNetwork(test, companion, stream.rows(), strategy.criterion()),
                  background),
              facts.profile(),
              strategy.start(truth()),
              new Estimators(),
              options(stream.question(), strategy),
              new Oversight(Optional.empty(), stream.energy()));
    }

    private Truth truth() {
      return new Truth() {
        @Override
        public SimulatedCloud cloud() {
          return cloud;
        }

        @Override
        public long deviceFreeNanos() {
          return device.freeNanos();
        }
      };
    }

    StreamLog log() {
      int frames = stream.rows().length;
      engine.schedule(
          LEAD_NANOS,
          () -> {
            device.reset();
            probedBefore = cloud.probeBytes();
          });
      session.warmUp(frame(0, 0), () -> {});
      if (stream.load() instanceof Load.InFlight flight) {
        for (int i = 0; i < flight.frames(); i++) {
          engine.schedule(LEAD_NANOS, this::capture);
        }
        long last = engine.nowNanos() + LEAD_NANOS + frames * tailNanos();
        while (log.answers() < frames) {
          if (engine.nowNanos() > last) {
            throw new IllegalStateException(
                log.answers() + " of " + frames + " frames were answered");
          }
          engine.runUntil(engine.nowNanos() + TAIL_NANOS);
        }
      } else {
        long[] times = stream.load().captures(frames, LEAD_NANOS, captures);
        for (long at : times) {
          engine.schedule(at, this::capture);
        }
        engine.runUntil(times[frames - 1] + tailNanos());
      }
      SessionStatus last = session.status();
      session.close();
      cloud.close();
      /* What a link that stays down holds back would come, if ever, when nobody waits. */
      engine.runUntil(engine.nowNanos() + tailNanos());
      log.ended(spent(), last);
      return log;
    }

    /** Time in which the last frame is answered. */
    private long tailNanos() {
      return Math.max(TAIL_NANOS, 2 * stream.question().deadlineNanos() + PATIENCE_NANOS);
    }

    private void capture() {
      if (next == stream.rows().length) {
        return;
      }
      int number = next++;
      long now = engine.nowNanos();
      log.captured(number, now, spent(), session.status());
      session.submit(
          frame(number, now),
          answer -> {
            log.answered(answer);
            if (stream.load() instanceof Load.InFlight) {
              engine.schedule(engine.nowNanos(), this::capture);
            }
          });
    }

    private StreamLog.Spent spent() {
      return new StreamLog.Spent(
          cloud.workerNanos(),
          device.busyNanos(),
          cloud.requestBytes()
              + (double) (strategy.learns() ? cloud.probeBytes() - probedBefore : 0L));
    }
  }

  private static SessionOptions options(Question question, Strategy strategy) {
    SessionOptions hedging =
        SessionOptions.of(question.deadlineNanos()).serving(question.goal().objective());
    SessionOptions usual = strategy.hedges() ? hedging : hedging.withoutHedges();
    if (!strategy.fallback()) {
      return usual.withoutFallback(Math.max(PATIENCE_NANOS, 2 * question.deadlineNanos()));
    }
    return strategy.clairvoyant() ? usual.deciding(CLAIRVOYANT_REPLAN_NANOS) : usual;
  }

  private static Frame frame(int number, long captureNanos) {
    return new Frame(number, "frame " + number, ONE_PIXEL, 1, 1, captureNanos);
  }
}

package dev.sluice.experiments.study.replay;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.sim.trace.LinkTrace;

/**
 * One stream over one trace: what all planners are compared on.
 *
 * @param name of the trace
 * @param replay the simulator
 * @param question the objective
 * @param trace the link
 * @param rows the table's row of every frame; not to be modified
 * @param seed of the noise
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record Course(
    String name, StreamReplay replay, Question question, LinkTrace trace, int[] rows, long seed) {
  /** What the session keeps of device times that it predicts. */
  private static final double RESERVE = 0.08;

  /** The same frames over the same trace, replayed by another simulator. */
  public Course on(StreamReplay other) {
    return new Course(name, other, question, trace, rows, seed);
  }

  /** Other frames over the same trace. */
  public Course of(int[] others) {
    return new Course(name, replay, question, trace, others, seed);
  }

  /** Streams the frames under a strategy. */
  public Outcome run(StreamReplay.Strategy strategy) {
    return replay.run(strategy, question, trace, rows, seed);
  }

  public long captureNanos(int frame) {
    return StreamReplay.captureNanos(frame, replay.periodNanos());
  }

  /** The trace's mean conditions, for planners that are set up beforehand. */
  public Estimates mean() {
    return Estimates.of(
        LinkState.UP,
        trace.meanUplinkBytesPerSecond(),
        0,
        trace.stepAt(0).roundTripNanos(),
        0,
        replay.deviceFactor(),
        1,
        0,
        replay.periodNanos());
  }

  /** Profiled time within which the device must have answered by itself, a reserve kept. */
  public double budgetNanos() {
    return budgetNanos(replay, question);
  }

  public static double budgetNanos(StreamReplay replay, Question question) {
    return question.deadlineNanos() / replay.deviceFactor() / (1 + RESERVE);
  }
}

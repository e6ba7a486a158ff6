package dev.sluice.experiments.study.regret;

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
record Course(
    String name, StreamReplay replay, Question question, LinkTrace trace, int[] rows, long seed) {

  /** Streams the frames under a strategy. */
  Outcome run(StreamReplay.Strategy strategy) {
    return replay.run(strategy, question, trace, rows, seed);
  }

  long captureNanos(int frame) {
    return StreamReplay.captureNanos(frame, replay.periodNanos());
  }

  /** The trace's mean conditions, for planners that are set up beforehand. */
  Estimates mean() {
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

  /**
   * The deepest exit to which the device gets from the picture before the deadline, and before the
   * next frame; -1 for none.
   */
  int fallbackExit() {
    double most = Math.min(replay.periodNanos(), question.deadlineNanos()) / replay.deviceFactor();
    int exit = -1;
    while (exit + 1 < replay.facts().exits().size() && localNanos(exit + 1) <= most) {
      exit++;
    }
    return exit;
  }

  /** Profiled time from the picture to an exit, with all exits on the way; 0 for none. */
  double localNanos(int exit) {
    var facts = replay.facts();
    if (exit < 0) {
      return 0;
    }
    double nanos = facts.profile().preprocessNanos();
    for (int cut = 1; cut <= facts.exitCut(exit); cut++) {
      nanos += facts.profile().segmentNanos(cut);
    }
    for (int on = 0; on <= exit; on++) {
      nanos += facts.profile().headNanos(on);
    }
    return nanos;
  }
}

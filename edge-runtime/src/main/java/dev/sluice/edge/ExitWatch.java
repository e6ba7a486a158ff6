package dev.sluice.edge;

import dev.sluice.edge.session.ExitOversight;
import dev.sluice.scheduler.drift.DriftOptions;
import dev.sluice.scheduler.drift.DriftReport;
import dev.sluice.scheduler.drift.DriftState;
import dev.sluice.scheduler.drift.DriftWatch;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the watch for drift what became of every frame at the exits of its plan, and asks it
 * whether frames may be sent. Confined to the loop but for {@link #prepare}.
 *
 * <p>A frame is told once, when its fate on the device is known: stopped by an exit, past all of
 * them, or cut off past one. Frames in a hurry are not compared; whether they are is not a matter
 * of what they show. Nor are those of plans without an exit that could stop them on the device.
 * That such a frame came is told all the same, for the cap and for the end of a flag.
 */
final class ExitWatch {
  private static final Logger LOG = LoggerFactory.getLogger(ExitWatch.class);

  private final DriftWatch watch;
  private final boolean capped;
  private final List<Integer> exitCuts;
  private DriftState told = DriftState.UNWATCHED;
  private long held;

  /**
   * @param exitCuts cut of every exit; the last is the final exit's
   */
  ExitWatch(ExitOversight oversight, DriftOptions options, List<Integer> exitCuts) {
    this.watch = new DriftWatch(oversight.facts(), oversight.criterion(), options);
    this.capped = oversight.capped();
    this.exitCuts = exitCuts;
  }

  /** Works out what is expected of a plan that is about to be used. Thread-safe. */
  void prepare(Plan plan) {
    watch.prepare(plan);
  }

  /** An exit of the device has stopped a frame. */
  void stopped(Plan plan, int exit, double probability, long now) {
    if (comparable(plan)) {
      watch.observe(plan, exit, probability, now);
    } else {
      watch.observeNothing(now);
    }
    tell();
  }

  /** No exit of the device has stopped a frame. */
  void sent(Plan plan, long now) {
    if (comparable(plan)) {
      watch.observeSent(plan, now);
    } else {
      watch.observeNothing(now);
    }
    tell();
  }

  /** A frame's part of the plan ended too early, when it had gone past an exit of the plan. */
  void cutOff(Plan plan, int lastExit, long now) {
    boolean isOfPlan = plan.exits().stream().anyMatch(exit -> exit.exit() == lastExit);
    if (isOfPlan && comparable(plan)) {
      watch.observePast(plan, lastExit, now);
    } else {
      watch.observeNothing(now);
    }
    tell();
  }

  /** A frame does not follow its plan, because that would take too long or the link is down. */
  void hurried(long now) {
    watch.observeNothing(now);
    tell();
  }

  /** Takes leave to send a frame that no exit of the device has stopped. */
  boolean maySend() {
    boolean may = !capped || watch.trySend();
    held += may ? 0 : 1;
    return may;
  }

  /** Frames that were not sent because too many had been. */
  long held() {
    return held;
  }

  DriftReport report() {
    return watch.report();
  }

  private boolean comparable(Plan plan) {
    for (ExitThreshold exit : plan.exits()) {
      boolean canStop = exit.threshold() > 0 && exit.threshold() <= 1;
      if (canStop && exitCuts.get(exit.exit()) <= plan.split()) {
        return true;
      }
    }
    return false;
  }

  private void tell() {
    DriftState state = watch.state();
    if (state == told) {
      return;
    }
    boolean matters = state.drifted() || told.drifted();
    told = state;
    if (state.drifted()) {
      LOG.warn("{}", watch.report().describe());
    } else if (matters) {
      LOG.info("{}", watch.report().describe());
    }
  }
}

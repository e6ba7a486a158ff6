package dev.sluice.experiments.fleet;

import dev.sluice.edge.session.SessionOptions;
import dev.sluice.protocol.message.LoadReport;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.Estimators;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.sim.fleet.RadioLink;
import java.util.SplittableRandom;

/**
 * One device between frames: what it believes, by the real estimators, and the plan in use, by the
 * real scheduler's kept decisions. Not thread-safe.
 *
 * <p>Simplified against the session: it looks around when a frame comes, not every 250 ms, and then
 * has heard a pong just now; a probe that it would have sent since has been answered; a new plan
 * holds at once. Least dwell and the random time before a change of the worker's load is answered
 * ({@code Pace} in the scheduler) are kept here, by the same rules.
 */
final class FleetDevice {
  /** From the start of an outage until pings show it: half a second, and half their distance. */
  private static final long SILENT_NANOS = 625_000_000L;

  private static final long DECIDE_EVERY_NANOS = 250_000_000L;
  private static final int TRANSFERS_PER_DECISION = 3;
  private static final long LEAST_DWELL_NANOS = 1_000_000_000L;
  private static final double PATIENCE_NANOS = 3e9;
  private static final double LEAST_URGENCY = 0.2;
  private static final long MOST_STEP_NANOS = 1_000_000_000L;
  private static final double SAME_LOAD = 0.02;
  private static final int PROBES = 3;
  private static final double NOISE_CUT = 3;

  private final DeviceKind kind;
  private final double factor;
  private final RadioLink link;
  private final double relativeSd;
  private final WorkerChoice workers;
  private final SplittableRandom frames;
  private final SplittableRandom noise;
  private final Estimators estimators = new Estimators();

  long freeNanos;
  private Estimates estimates;
  private PlanTable plan;
  private boolean down;
  private long decidedNanos;
  private int transfers;
  private boolean changed;
  private long changedNanos;
  private Estimates adopted;
  private boolean wishing;
  private double patience;
  private long askedNanos;
  private long changes;
  private long probeBytes;

  /**
   * Switches a device on: it knows its speed, and has just found that the link is up. Until then it
   * had a plan without the link, as a session has, to which it holds unless another is clearly
   * better.
   *
   * @param workers to which it sends
   * @param frames decides what the camera sees and when
   * @param noise decides everything else
   */
  FleetDevice(
      DeviceKind kind,
      double factor,
      RadioLink link,
      double relativeSd,
      WorkerChoice workers,
      SplittableRandom frames,
      SplittableRandom noise) {
    this.kind = kind;
    this.factor = factor;
    this.link = link;
    this.relativeSd = relativeSd;
    this.workers = workers;
    this.frames = frames;
    this.noise = noise;
    for (int i = 0; i < 3; i++) {
      estimators.onDeviceStage(Math.round(1e7 * factor), 10_000_000L);
    }
    PlanTable alone = kind.book().first(estimators.at(0)).next();
    estimators.onLinkState(LinkState.UP, 0);
    for (int i = 0; i < 3; i++) {
      estimators.onPing(link.roundTripNanos(), 0);
    }
    estimates = estimators.at(0);
    adopted = estimates;
    plan = kind.book().decide(estimates, alone).next();
  }

  DeviceKind kind() {
    return kind;
  }

  SessionOptions options() {
    return kind.options();
  }

  RadioLink link() {
    return link;
  }

  WorkerChoice workers() {
    return workers;
  }

  SplittableRandom frames() {
    return frames;
  }

  Estimators estimators() {
    return estimators;
  }

  /** What it believes since it last looked around. */
  Estimates estimates() {
    return estimates;
  }

  PlanTable plan() {
    return plan;
  }

  /** Whether it knows that the link is down. */
  boolean down() {
    return down;
  }

  long changes() {
    return changes;
  }

  long probeBytes() {
    return probeBytes;
  }

  /**
   * Draws its time over the profile's for work of several steps.
   *
   * @param spread deviation of the sum over that of a single step
   */
  double factor(double spread) {
    double deviation = Math.max(-NOISE_CUT, Math.min(NOISE_CUT, noise.nextGaussian()));
    return factor * (1 + deviation * relativeSd * spread);
  }

  /** Its mean time over the profile's. */
  double factor() {
    return factor;
  }

  /** A frame comes: it looks around and decides what to do from now on. */
  void lookAround(long nowNanos, LoadReport load) {
    estimators.onArrival(nowNanos);
    long silentSince = link.silentSince(nowNanos);
    if (silentSince >= 0) {
      if (!down && nowNanos - silentSince > SILENT_NANOS) {
        down = true;
        estimators.onLinkState(LinkState.DOWN, nowNanos);
      }
    } else {
      if (down) {
        down = false;
        estimators.onLinkState(LinkState.UP, nowNanos);
      }
      if (link.freeNanos() <= nowNanos) {
        estimators.onPing(link.roundTripNanos(), nowNanos);
      } else {
        estimators.onHeard(nowNanos);
      }
      estimators.onLoad(load.busyFraction(), load.computeScale());
    }
    estimates = estimators.at(nowNanos);
    if (nowNanos - decidedNanos >= DECIDE_EVERY_NANOS || transfers >= TRANSFERS_PER_DECISION) {
      probe(nowNanos, silentSince >= 0);
      transfers = 0;
      decidedNanos = nowNanos;
      decide(nowNanos);
    }
  }

  /** As a session does it: not where a faster uplink than believed would change nothing. */
  private void probe(long nowNanos, boolean out) {
    if (estimators.uplinkMeasured()
        && !estimators.repliesStayAway(nowNanos)
        && estimates.probeWanted()
        && kind.book().decide(estimates.withEndlessUplink(), plan).next().id() == plan.id()) {
      return;
    }
    for (int i = 0; i < PROBES && estimates.probeWanted() && !out; i++) {
      if (link.freeNanos() > nowNanos) {
        return;
      }
      int bytes = estimates.probeBytesWanted();
      estimators.onProbeSent(nowNanos);
      estimators.onProbe(
          bytes, link.transferNanos(bytes, nowNanos) + link.roundTripNanos(), nowNanos);
      probeBytes += bytes;
      estimates = estimators.at(nowNanos);
    }
  }

  /** A reply came. */
  void learnt() {
    transfers++;
  }

  private void decide(long nowNanos) {
    PlanBook.Answer answer = kind.book().decide(estimates, plan);
    if (answer.next().id() == plan.id()) {
      wishing = false;
      return;
    }
    boolean dwells = answer.keeps() && changed && nowNanos - changedNanos < LEAST_DWELL_NANOS;
    if (dwells) {
      return;
    }
    if (owedToLoad() && !due(answer.urgency(), nowNanos)) {
      return;
    }
    wishing = false;
    plan = answer.next();
    adopted = estimates;
    changed = true;
    changedNanos = nowNanos;
    changes++;
  }

  /** Whether nothing would change were the worker as busy as when the plan was taken up. */
  private boolean owedToLoad() {
    if (Math.abs(estimates.worker().others() - adopted.worker().others()) < SAME_LOAD
        || estimates.link() != LinkState.UP) {
      return false;
    }
    PlanBook.Answer calm = kind.book().decide(estimates.withWorkerOf(adopted), plan);
    return calm.next().id() == plan.id();
  }

  private boolean due(double urgency, long nowNanos) {
    if (!wishing) {
      wishing = true;
      patience = noise.nextExponential();
      askedNanos = nowNanos;
      return false;
    }
    long elapsed = Math.min(MOST_STEP_NANOS, nowNanos - askedNanos);
    askedNanos = nowNanos;
    patience -= Math.min(1, Math.max(LEAST_URGENCY, urgency)) * elapsed / PATIENCE_NANOS;
    return patience <= 0;
  }
}

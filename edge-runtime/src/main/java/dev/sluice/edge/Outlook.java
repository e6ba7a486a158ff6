package dev.sluice.edge;

import static java.util.Comparator.reverseOrder;

import dev.sluice.edge.session.DeviceNetwork;
import dev.sluice.edge.session.SessionOptions;
import dev.sluice.edge.session.Step;
import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.estimate.LinkState;
import dev.sluice.scheduler.plan.Plan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What time allows: how long the next things take by profile and estimates, and which of them still
 * end before a frame's deadline. Only asks, and changes nothing; confined to the loop, like the
 * requests that it looks at.
 *
 * <p>{@code now} is on the session's clock. {@code scale} is the device's measured time over the
 * profile's; costs are unscaled until they are compared with a moment.
 */
final class Outlook {
  /** Part of a plan's way to the link that an audit does not count on. */
  private static final double LINK_RESERVE = 0.2;

  private final DeviceCosts costs;
  private final DeviceNetwork network;
  private final SessionOptions options;

  Outlook(DeviceCosts costs, DeviceNetwork network, SessionOptions options) {
    this.costs = costs;
    this.network = network;
    this.options = options;
  }

  static long scaled(long nanos, double scale) {
    return (long) (nanos * scale);
  }

  private long withMargin(long nanos, double scale) {
    return (long) (nanos * scale * (1 + options.marginFraction()));
  }

  // --- the deadline -----------------------------------------------------------------------------

  /** The moment by which the device wants to have answered. */
  long limitNanos(Request r) {
    return r.deadlineNanos - options.slackNanos();
  }

  /** The same for what a timer begins: it is late by a little, and would just not fit any more. */
  private long timedLimitNanos(Request r) {
    return limitNanos(r) - options.slackNanos();
  }

  private boolean fits(Request r, long nanos, long now, double scale) {
    // With an answer in hand a deeper exit may be tried without reserve: failing costs nothing.
    boolean daring = options.eagerHedge() && r.best != null;
    long need = daring ? scaled(nanos, scale) : withMargin(nanos, scale);
    return nanos < DeviceCosts.NEVER && now + need <= limitNanos(r);
  }

  // --- a frame's own way ------------------------------------------------------------------------

  /** Time of the next thing that the device does for a frame. */
  long nextNanos(Request r) {
    if (r.needsInput()) {
      return costs.preprocessNanos();
    }
    return r.index < r.path.size()
        ? costs.stepNanos(r.path.get(r.index))
        : costs.encodeNanos(r.plan());
  }

  private long nextExitNanos(Request r) {
    return costs.nextExitNanos(r.path, r.index, r.needsInput());
  }

  /** Whether a frame's path leads to another exit at all. */
  boolean hasNextExit(Request r) {
    return nextExitNanos(r) < DeviceCosts.NEVER;
  }

  /** Whether the next exit on a frame's path ends in time. */
  boolean nextExitFits(Request r, long now, double scale) {
    return fits(r, nextExitNanos(r), now, scale);
  }

  /** Whether the first exit ends in time when a frame begins at the input without its plan. */
  boolean firstExitFits(Request r, long now, double scale) {
    return fits(r, leastNanos(), now, scale);
  }

  /** Time until the next exit on a frame's path has spoken, with a reserve. */
  double cautiousExitNanos(Request r, double scale) {
    return withMargin(nextExitNanos(r), scale);
  }

  /** Time from the input to the first exit there is, with a reserve. */
  double cautiousLeastNanos(double scale) {
    return withMargin(leastNanos(), scale);
  }

  /** Whether the first exit there is comes before the first one of a frame's path. */
  boolean firstExitComesSooner(Request r) {
    return leastNanos() < nextExitNanos(r);
  }

  private long leastNanos() {
    return costs.nextExitNanos(network.everyExit(), 0, true);
  }

  /**
   * Whether a frame that is about to begin can follow its plan, the link being up.
   *
   * @param waited whether the device came to it late
   */
  boolean planFits(Request r, Plan plan, boolean waited, long now, Estimates e) {
    if (plan.usesCloud()) {
      // A plan was chosen for a frame that is served at once; only waiting can make it too slow.
      return !waited || cloudInTime(r, plan, now, e) || nextExitFits(r, now, e.deviceScale());
    }
    // Without reserve: whoever chose the plan has kept one, and a shorter way answers worse.
    return hasNextExit(r) && now + scaled(nextExitNanos(r), e.deviceScale()) <= limitNanos(r);
  }

  private boolean cloudInTime(Request r, Plan plan, long now, Estimates e) {
    if (e.link() == LinkState.DOWN) {
      return false;
    }
    long own =
        costs.pathNanos(r.path)
            + costs.encodeNanos(plan)
            + (r.path.isEmpty() ? 0 : costs.preprocessNanos());
    long sent = now + scaled(own, e.deviceScale());
    return sent + replyNanos(plan, costs.meanBytes(plan), e) <= r.deadlineNanos;
  }

  // --- the link ---------------------------------------------------------------------------------

  /** Time from sending so many bytes to the reply, cautiously. */
  long replyNanos(Plan plan, double bytes, Estimates e) {
    double transfer =
        bytes / e.uplinkBytesPerSecond() * 1e9 * (1 + Math.min(1, e.uplinkRelativeSd()));
    return e.roundTripNanos()
        + e.roundTripSdNanos()
        + (long) Math.min(transfer, 1e15)
        + e.workerQueueNanos()
        + scaled(costs.workerNanos(plan, network.lastCut()), e.workerScale());
  }

  /**
   * Time that the worker should have needed for an answer by an exit; 0 where the frame has left
   * its plan. A companion has no cuts here: it needs the same wherever its answer counts.
   */
  long workerNanos(Request r, int exit) {
    if (r.active == null) {
      return 0;
    }
    Plan plan = r.plan();
    int cut = plan.usesCompanion() ? network.lastCut() : network.exitCuts().get(exit);
    return costs.workerNanos(plan, cut);
  }

  /** Time from a frame's capture until a plan could have it at the link at the soonest. */
  long leastNanosToLink(ActiveRoute active, double scale) {
    List<Step> stages = active.route().stages();
    long own = stages.isEmpty() ? 0 : costs.preprocessNanos() + costs.pathNanos(stages);
    long encode = costs.encodeNanos(active.decision().plan());
    return (long) ((1 - LINK_RESERVE) * scaled(own + encode, scale));
  }

  // --- going on alone ---------------------------------------------------------------------------

  /** A way to an exit: {@code nanos} by the profile from now to its end. */
  record Reach(List<Step> path, int exit, long nanos) {}

  /** The deepest exit not computed yet that still ends in time, by the quickest way to it. */
  Optional<Reach> deepest(Request r, long now, double scale) {
    return reaches(r, now, scale)
        .max(Comparator.comparingInt(Reach::exit).thenComparing(Reach::nanos, reverseOrder()));
  }

  /** The next one of these. */
  private Optional<Reach> nearest(Request r, long now, double scale) {
    return reaches(r, now, scale).min(Comparator.comparingLong(Reach::nanos));
  }

  private Stream<Reach> reaches(Request r, long now, double scale) {
    List<Reach> all = new ArrayList<>();
    if (r.sample != null) {
      addReaches(all, r.route().beyond(), 0);
    }
    addReaches(all, network.everyExit(), costs.preprocessNanos());
    return all.stream()
        .filter(reach -> reach.exit() > r.deepestExit && fits(r, reach.nanos(), now, scale));
  }

  private void addReaches(List<Reach> all, List<Step> path, long before) {
    long nanos = before;
    for (Step step : path) {
      nanos += costs.stepNanos(step);
      if (step.exit().isPresent()) {
        all.add(new Reach(path, step.exit().getAsInt(), nanos));
      }
    }
  }

  /** The stages to go on with for the nearest exit, in time or not. */
  List<Step> quickest(Request r) {
    List<Step> beyond = r.route().beyond();
    List<Step> every = network.everyExit();
    boolean goOn =
        r.sample != null
            && costs.nextExitNanos(beyond, 0, false) < costs.nextExitNanos(every, 0, true);
    return goOn ? beyond : every;
  }

  /**
   * When a frame whose reply is due in time should go on alone: as late as the deepest exit allows,
   * and later still, until the reply should have come, as long as an exit stays in reach.
   *
   * @param deepest the deepest exit in reach
   * @param replyNanos when the reply is expected
   */
  long hedgeNanos(Request r, Reach deepest, long replyNanos, long now, double scale) {
    long ready = timedLimitNanos(r);
    long nearest = nearest(r, now, scale).orElse(deepest).nanos();
    return Math.max(
        ready - withMargin(deepest.nanos(), scale),
        Math.min(replyNanos, ready - withMargin(nearest, scale)));
  }

  /** When a frame without an answer must be turned to, so that its nearest exit ends in time. */
  long latestHedgeNanos(Request r, double scale) {
    return timedLimitNanos(r) - withMargin(nextExitNanos(r), scale);
  }

  /**
   * By when the next frame should have come; nobody waits for one that is overdue.
   *
   * @param lastNanos when the last one came
   */
  long expectedFrameNanos(long lastNanos, long now, Estimates e) {
    long period = e.framePeriodNanos();
    return period == 0 ? now : lastNanos + period + options.slackNanos();
  }

  /** Whether the device would still be busy with a frame when the next one is expected. */
  boolean keepsDeviceFrom(long expectedNanos, Request r, long now, double scale) {
    return now < expectedNanos && now + scaled(nextNanos(r), scale) > expectedNanos;
  }

  /**
   * Whether a frame past its own part can reach its first exit in time now, but not any more once
   * the device has done something else.
   */
  boolean losesFirstExit(Request r, long now, long busyUntilNanos, double scale) {
    long first = firstExitNanos(r);
    return fits(r, first, now, scale) && !fits(r, first, busyUntilNanos, scale);
  }

  /** Whether a frame past its own part still reaches its first exit behind a new frame's part. */
  boolean canWait(Request r, ActiveRoute next, long now, double scale) {
    List<Step> stages = next.route().stages();
    long part =
        (stages.isEmpty() ? 0 : costs.preprocessNanos())
            + costs.pathNanos(stages)
            + costs.encodeNanos(next.decision().plan());
    return fits(r, firstExitNanos(r), now + scaled(part, scale), scale);
  }

  private long firstExitNanos(Request r) {
    if (r.hedging) {
      return nextExitNanos(r);
    }
    List<Step> beyond = r.route().beyond();
    long on = r.sample == null ? DeviceCosts.NEVER : costs.nextExitNanos(beyond, 0, false);
    return Math.min(on, costs.nextExitNanos(network.everyExit(), 0, true));
  }
}

package dev.sluice.experiments.fleet;

import dev.sluice.edge.session.SessionOptions;
import java.util.Optional;

/**
 * What the device answers by itself: at an exit of its plan, in a hurry, or while a reply is
 * awaited. The rules are the edge session's. Stateless.
 */
final class LocalAnswers {
  /**
   * An answer from the device.
   *
   * @param endNanos when it is given
   * @param freeNanos when the device can begin with another frame
   * @param degraded whether the plan was another
   * @param right whether it is right
   */
  record Local(long endNanos, long freeNanos, boolean degraded, boolean right) {}

  /**
   * Answers at an exit of the plan's own way, or at the deepest before it that is in time.
   *
   * @param exit on the own way
   * @param sure whether it stops there; else it is the last resort of a frame that is not sent
   */
  Local own(FleetDevice device, int row, long begin, long limit, int exit, boolean sure) {
    PlanTable table = device.plan();
    double factor = device.factor(table.ownSpread(exit));
    long nanos = Math.round(table.ownNanos(exit) * factor);
    long end = begin + nanos;
    device.estimators().onDeviceStage(nanos, table.ownNanos(exit));
    if (end <= limit) {
      return new Local(sure ? end : limit, end, !sure, table.right(row, exit));
    }
    int best = PlanTable.NONE;
    for (int e = 0; e < exit; e++) {
      if (table.ownNanos(e) < PlanTable.NEVER) {
        long spoken = begin + Math.round(table.ownNanos(e) * factor);
        if (spoken > limit) {
          /* The stage under way ends; nobody is interested any more. */
          return best == PlanTable.NONE
              ? new Local(spoken, spoken, true, table.right(row, e))
              : new Local(limit, spoken, true, table.right(row, best));
        }
        best = e;
      }
    }
    return best == PlanTable.NONE
        ? new Local(end, end, !sure, table.right(row, exit))
        : new Local(limit, end, true, table.right(row, best));
  }

  /** Goes through all exits from the picture on, as deep as there is time. */
  Local rush(FleetDevice device, int row, long capture, long begin, long limit) {
    PlanTable table = device.plan();
    SessionOptions options = device.options();
    double factor = device.factor(1);
    double cautious = device.estimates().deviceScale() * (1 + options.marginFraction());
    long period = device.kind().arrivals().periodNanos();
    long nextFrame = capture + period + options.slackNanos();
    long end = begin;
    for (int exit = 0; exit < table.exits(); exit++) {
      if (exit > 0) {
        long more = table.everyNanos(exit) - table.everyNanos(exit - 1);
        long expected = end + Math.round(more * cautious);
        if (expected > limit || expected > nextFrame) {
          return new Local(end, end, true, table.right(row, exit - 1));
        }
      }
      end = begin + Math.round(table.everyNanos(exit) * factor);
      if (table.sure(row, exit)) {
        return new Local(end, end, false, table.right(row, exit));
      }
    }
    throw new IllegalStateException("the final exit is always sure");
  }

  /**
   * When the device goes on alone with a frame that it has sent: at once where the reply is at
   * risk, or else as late as it can to still reach its deepest exit, and beyond that until the
   * reply should have come, as long as some exit stays in reach.
   *
   * @param expectedNanos when the reply should come
   * @param linkUp whether the link is held to be up
   */
  long hedge(Request r, long expectedNanos, boolean linkUp) {
    int deepest = deepest(r, r.readyNanos);
    if (deepest == PlanTable.NONE) {
      return PlanTable.NEVER;
    }
    FleetDevice device = r.device();
    SessionOptions options = device.options();
    if (options.eagerHedge() || !linkUp || expectedNanos > r.limitNanos) {
      return r.readyNanos;
    }
    long ready = r.limitNanos - options.slackNanos();
    double cautious = device.estimates().deviceScale() * (1 + options.marginFraction());
    PlanTable table = r.table();
    long latest = ready - Math.round(table.onwardNanos(deepest) * cautious);
    long nearest = ready - Math.round(table.onwardNanos(nearest(r)) * cautious);
    return Math.max(r.readyNanos, Math.max(latest, Math.min(expectedNanos, nearest)));
  }

  /** The exit beyond the plan's own that is reached first. */
  private static int nearest(Request r) {
    PlanTable table = r.table();
    int best = table.deepestOwn() + 1;
    for (int exit = best + 1; exit < table.exits(); exit++) {
      if (table.onwardNanos(exit) < table.onwardNanos(best)) {
        best = exit;
      }
    }
    return best;
  }

  /** The deepest exit beyond the plan's own that is in time from a time on, or none. */
  private static int deepest(Request r, long fromNanos) {
    if (fromNanos >= PlanTable.NEVER) {
      return PlanTable.NONE;
    }
    FleetDevice device = r.device();
    PlanTable table = r.table();
    SessionOptions options = device.options();
    boolean daring = options.eagerHedge() && table.deepestOwn() != PlanTable.NONE;
    double scale = device.estimates().deviceScale() * (daring ? 1 : 1 + options.marginFraction());
    for (int exit = table.exits() - 1; exit > table.deepestOwn(); exit--) {
      if (fromNanos + Math.round(table.onwardNanos(exit) * scale) <= r.limitNanos) {
        return exit;
      }
    }
    return PlanTable.NONE;
  }

  /**
   * The sure answer that a hedge comes to before a time, if it does.
   *
   * @param untilNanos when the reply comes, or nobody waits any more
   */
  Optional<Local> sure(Request r, long startNanos, long untilNanos) {
    if (startNanos >= untilNanos) {
      return Optional.empty();
    }
    PlanTable table = r.table();
    int deepest = deepest(r, startNanos);
    for (int exit = table.deepestOwn() + 1; exit <= deepest; exit++) {
      long end = startNanos + Math.round(table.onwardNanos(exit) * r.factor);
      if (end >= untilNanos) {
        return Optional.empty();
      }
      if (table.sure(r.row, exit)) {
        return Optional.of(new Local(end, end, false, table.right(r.row, exit)));
      }
    }
    return Optional.empty();
  }

  /** No reply comes by the limit: the best there is then, or the first exit after it. */
  Local atLimit(Request r) {
    Optional<Local> sure = sure(r, r.hedgeNanos, r.limitNanos);
    if (sure.isPresent()) {
      return sure.get();
    }
    PlanTable table = r.table();
    int best = table.deepestOwn();
    for (int exit = best + 1; exit <= deepest(r, r.hedgeNanos); exit++) {
      if (r.hedgeNanos + Math.round(table.onwardNanos(exit) * r.factor) <= r.limitNanos) {
        best = exit;
      }
    }
    return best == PlanTable.NONE
        ? first(r, r.limitNanos)
        : new Local(r.limitNanos, r.limitNanos, true, table.right(r.row, best));
  }

  /**
   * No reply will come any more: the deepest exit that is in time, as soon as it has spoken.
   *
   * @param heardNanos when the device was told
   */
  Local alone(Request r, long heardNanos) {
    long start = Math.min(r.hedgeNanos, heardNanos);
    Optional<Local> sure = sure(r, start, r.limitNanos);
    if (sure.isPresent()) {
      return sure.get();
    }
    PlanTable table = r.table();
    int deepest = deepest(r, start);
    if (deepest != PlanTable.NONE) {
      long end = start + Math.round(table.onwardNanos(deepest) * r.factor);
      end = Math.min(Math.max(end, heardNanos), r.limitNanos);
      return new Local(end, end, true, table.right(r.row, deepest));
    }
    return table.deepestOwn() == PlanTable.NONE
        ? first(r, heardNanos)
        : new Local(heardNanos, heardNanos, true, table.right(r.row, table.deepestOwn()));
  }

  private static Local first(Request r, long fromNanos) {
    int nearest = nearest(r);
    PlanTable table = r.table();
    long end = fromNanos + Math.round(table.onwardNanos(nearest) * r.factor);
    return new Local(end, end, true, table.right(r.row, nearest));
  }
}

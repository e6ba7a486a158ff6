package dev.sluice.experiments.study.promise;

import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.List;

/** Makes a link of a recorded trace with an outage in it. */
final class Recorded {
  private static final double MINUTE_NANOS = 60e9;

  private Recorded() {}

  /** The trace, begun again until the stream ends, and away during the outage. */
  static LinkTrace of(LinkTrace trace, PromiseConfig config) {
    LinkTrace looped = trace.looped();
    long end = Math.round((config.minutes() + 1) * MINUTE_NANOS);
    long from = Math.round(config.outage().fromMinute() * MINUTE_NANOS);
    long to = from + Math.round(config.outage().minutes() * MINUTE_NANOS);
    List<LinkTrace.Step> steps = new ArrayList<>();
    long at = 0;
    while (at < end) {
      LinkTrace.Step step = looped.stepAt(at);
      steps.add(
          new LinkTrace.Step(
              at,
              step.uplinkBytesPerSecond(),
              step.downlinkBytesPerSecond(),
              step.roundTripNanos(),
              step.outage() || (at >= from && at < to)));
      long next = looped.nextChangeNanos(at);
      next = at < from ? Math.min(next, from) : at < to ? Math.min(next, to) : next;
      at = next;
    }
    return LinkTrace.of(steps, end, false);
  }
}

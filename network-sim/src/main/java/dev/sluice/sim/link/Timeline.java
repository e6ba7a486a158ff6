package dev.sluice.sim.link;

import dev.sluice.sim.trace.LinkTrace;
import dev.sluice.sim.trace.LinkTrace.Step;

/**
 * A trace laid on a clock. Until it is started its first step holds. All times are non-negative
 * nanoseconds of the owner's clock; {@link #NEVER} stands for a time that does not come. Not
 * thread-safe.
 */
final class Timeline {
  static final long NEVER = Long.MAX_VALUE;

  private final LinkTrace trace;
  private long startNanos;
  private Overrides overrides = Overrides.NONE;
  private boolean overridden;

  /** The step that was looked up last, and from when until when it holds. */
  private Step step;

  private long fromNanos = NEVER;
  private long untilNanos;

  Timeline(LinkTrace trace, long startNanos) {
    this.trace = trace;
    this.startNanos = startNanos;
    step = trace.stepAt(0);
  }

  void start(long nowNanos) {
    startNanos = nowNanos;
    forget();
  }

  boolean started() {
    return startNanos != NEVER;
  }

  long positionNanos(long nanos) {
    return nanos <= startNanos ? 0 : nanos - startNanos;
  }

  Step stepAt(long nanos) {
    lookUp(nanos);
    return step;
  }

  /** Most questions are about the step that the last one was about. */
  private void lookUp(long nanos) {
    if (nanos >= fromNanos && nanos < untilNanos) {
      return;
    }
    long position = positionNanos(nanos);
    Step next = trace.stepAt(position);
    step = overridden ? overrides.on(next) : next;
    long change = trace.nextChangeNanos(position);
    fromNanos = nanos;
    untilNanos = change == NEVER ? NEVER : plus(startNanos, change);
  }

  private void forget() {
    fromNanos = NEVER;
    untilNanos = 0;
  }

  Overrides overrides() {
    return overrides;
  }

  /** Puts something in place of the trace's values, for good: past times are told alike. */
  void override(Overrides next) {
    overrides = next;
    overridden = !next.equals(Overrides.NONE);
    forget();
  }

  /** Returns when the step in force ends, which is after {@code nanos}, or {@link #NEVER}. */
  long nextChangeNanos(long nanos) {
    lookUp(nanos);
    return untilNanos;
  }

  double rateAt(Direction direction, long nanos) {
    return rate(direction, stepAt(nanos));
  }

  /**
   * Returns the first time from {@code nanos} on at which there is no outage, or {@link #NEVER}.
   */
  long outageEndNanos(long nanos) {
    long time = nanos;
    while (time != NEVER && stepAt(time).outage()) {
      time = nextChangeNanos(time);
    }
    return time;
  }

  /** Returns the first time from {@code nanos} on at which bytes can leave, or {@link #NEVER}. */
  long serviceNanos(Direction direction, long nanos) {
    long time = nanos;
    while (time != NEVER && rateAt(direction, time) == 0) {
      time = nextChangeNanos(time);
    }
    return time;
  }

  /**
   * Returns when something that leaves one end is at the other: half a round trip later, and if
   * there is an outage just then, at its end.
   */
  long arrivalNanos(long leftNanos, long extraNanos) {
    return outageEndNanos(crossingNanos(leftNanos, extraNanos));
  }

  /** Returns when it would be there without an outage. */
  long crossingNanos(long leftNanos, long extraNanos) {
    if (leftNanos == NEVER) {
      return NEVER;
    }
    return plus(plus(leftNanos, stepAt(leftNanos).roundTripNanos() / 2), extraNanos);
  }

  static double rate(Direction direction, Step step) {
    if (step.outage()) {
      return 0;
    }
    return direction == Direction.UPLINK
        ? step.uplinkBytesPerSecond()
        : step.downlinkBytesPerSecond();
  }

  static long plus(long nanos, long more) {
    return nanos > NEVER - more ? NEVER : nanos + more;
  }
}

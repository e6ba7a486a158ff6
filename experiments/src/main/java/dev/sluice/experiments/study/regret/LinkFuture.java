package dev.sluice.experiments.study.regret;

import dev.sluice.sim.trace.LinkTrace;

/**
 * When bytes would have left and arrived, for who knows the whole trace: the integral of its rate,
 * with slow start where a payload is beyond the first window. Less exact than the link's model: it
 * knows neither packets nor idle restart nor the connection's history. Immutable.
 *
 * @param trace the trace
 * @param startNanos when it begins
 */
record LinkFuture(LinkTrace trace, long startNanos) {
  private static final double FIRST_WINDOW_BYTES = 14_480;

  /** What stands for a time that does not come: a day. */
  static final long FAR_NANOS = 86_400_000_000_000L;

  /** Returns when bytes that begin at a moment have left. */
  long departedNanos(long beginNanos, double bytes) {
    long now = beginNanos;
    double left = bytes;
    while (now < FAR_NANOS) {
      long position = Math.max(0, now - startNanos);
      LinkTrace.Step step = trace.stepAt(position);
      double rate = step.outage() ? 0 : step.uplinkBytesPerSecond() * 1e-9;
      long change = trace.nextChangeNanos(position);
      long until = change == Long.MAX_VALUE ? FAR_NANOS : startNanos + change;
      double could = rate * (until - now);
      if (rate > 0 && left <= could) {
        return Math.min(FAR_NANOS, now + (long) Math.ceil(left / rate));
      }
      left -= could;
      now = until;
    }
    return FAR_NANOS;
  }

  /** Returns when a whole payload that begins at a moment has left, slow start included. */
  long payloadDepartedNanos(long beginNanos, double bytes) {
    long now = beginNanos;
    double left = bytes;
    for (double window = FIRST_WINDOW_BYTES; left > window && now < FAR_NANOS; window *= 2) {
      now = Math.max(departedNanos(now, window), now + roundTripNanos(now));
      left -= window;
    }
    return departedNanos(now, left);
  }

  /** Returns the round trip at a moment. */
  long roundTripNanos(long nanos) {
    return trace.stepAt(Math.max(0, nanos - startNanos)).roundTripNanos();
  }
}

package dev.sluice.experiments.study.regret;

import dev.sluice.sim.trace.LinkTrace;

/**
 * When bytes would have left and arrived, for who knows the whole trace: the integral of its rate,
 * with slow start where a payload is beyond the first window. Less exact than the link's model: it
 * knows neither packets nor idle restart nor the connection's history. Not thread-safe: it
 * remembers where it last looked.
 */
final class LinkFuture {
  private static final double FIRST_WINDOW_BYTES = 14_480;

  /** What stands for a time that does not come: a day. */
  static final long FAR_NANOS = 86_400_000_000_000L;

  private final LinkTrace trace;
  private final long startNanos;

  /* Where it last looked: from when and until when the trace is what it is, and what it is. */
  private long from;
  private long until;
  private double bytesPerNano;
  private long roundTrip;

  /**
   * Begins a trace.
   *
   * @param startNanos when the trace begins; before, the link is as at its beginning
   */
  LinkFuture(LinkTrace trace, long startNanos) {
    this.trace = trace;
    this.startNanos = startNanos;
  }

  private void look(long nanos) {
    if (nanos >= from && nanos < until) {
      return;
    }
    long position = Math.max(0, nanos - startNanos);
    LinkTrace.Step step = trace.stepAt(position);
    long change = trace.nextChangeNanos(position);
    from = nanos;
    until = change == Long.MAX_VALUE ? FAR_NANOS : startNanos + change;
    bytesPerNano = step.outage() ? 0 : step.uplinkBytesPerSecond() * 1e-9;
    roundTrip = step.roundTripNanos();
  }

  /** Returns when bytes that begin at a moment have left. */
  long departedNanos(long beginNanos, double bytes) {
    long now = beginNanos;
    double left = bytes;
    while (now < FAR_NANOS) {
      look(now);
      double could = bytesPerNano * (until - now);
      if (bytesPerNano > 0 && left <= could) {
        return Math.min(FAR_NANOS, now + (long) Math.ceil(left / bytesPerNano));
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
    look(Math.min(nanos, FAR_NANOS - 1));
    return roundTrip;
  }
}

package dev.sluice.sim.link;

/**
 * When a connection is open: one way for the request, one back for the reply. A lost one is sent
 * again after a second, then after two more, and so on (RFC 6298, sections 2.1 and 5.5). Not
 * thread-safe.
 */
final class Handshake {
  private static final long FIRST_TIMEOUT_NANOS = 1_000_000_000L;

  /** Linux gives up after six repetitions; so many in a row wait for ever here as well. */
  private static final int MOST_REPETITIONS = 6;

  private final Timeline timeline;
  private final TcpOptions options;
  private final long openedNanos;
  private final long repetitionsNanos;

  Handshake(
      Timeline timeline,
      TcpOptions options,
      long openedNanos,
      LossProcess uplink,
      LossProcess downlink) {
    this.timeline = timeline;
    this.options = options;
    this.openedNanos = openedNanos;
    long waited = 0;
    if (options.handshake()) {
      int repetitions = 0;
      while (repetitions <= MOST_REPETITIONS && lost(uplink, downlink, repetitions)) {
        waited += FIRST_TIMEOUT_NANOS << repetitions;
        repetitions++;
      }
      waited = repetitions > MOST_REPETITIONS ? Timeline.NEVER : waited;
    }
    repetitionsNanos = waited;
  }

  /** A second later the losses have forgotten how they were. */
  private static boolean lost(LossProcess uplink, LossProcess downlink, int repetitions) {
    double packetTimes = repetitions == 0 ? 1 : Double.POSITIVE_INFINITY;
    return uplink.next(packetTimes) || downlink.next(packetTimes);
  }

  /** Returns when the request is at the far end: what a worker sees as the connection. */
  long reachedNanos() {
    if (!options.handshake()) {
      return openedNanos;
    }
    long asked = Timeline.plus(openedNanos, repetitionsNanos);
    return asked == Timeline.NEVER
        ? Timeline.NEVER
        : timeline.arrivalNanos(timeline.outageEndNanos(asked), options.handshakeDelayNanos());
  }

  /** Returns when the reply is back, so that bytes can start either way. */
  long openNanos() {
    if (!options.handshake()) {
      return openedNanos;
    }
    long reached = reachedNanos();
    return reached == Timeline.NEVER
        ? Timeline.NEVER
        : timeline.arrivalNanos(timeline.outageEndNanos(reached), 0);
  }
}

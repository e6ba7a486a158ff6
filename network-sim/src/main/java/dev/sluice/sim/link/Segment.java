package dev.sluice.sim.link;

/**
 * A packet of a connection on its way, with the times that the model gave it. They change when the
 * packet is sent again, and when somebody changes the link meanwhile. Not thread-safe.
 */
final class Segment {
  final Flow flow;
  final int bytes;

  /** Its place among all that were handed to its direction. */
  long turn;

  /** Whether there was room for it. */
  boolean queued;

  /** Whether it is lost and its sender does not know yet. */
  boolean missing;

  /** Whether its sender had paused before it, or pauses after it: a receiver sees when it comes. */
  boolean edge;

  long jitterNanos;

  /** When it was handed to the link. */
  long enteredNanos;

  /** When its last byte has left the transmitter. */
  long departsNanos = Timeline.NEVER;

  /** When it would be at the other end if no outage held it. */
  long crossesNanos = Timeline.NEVER;

  /** When its sender would know if no outage held the acknowledgement. */
  long returnsNanos = Timeline.NEVER;

  /** When it is at the other end; never while it is lost. */
  long reachesNanos = Timeline.NEVER;

  /** When its sender knows. */
  long acknowledgedNanos = Timeline.NEVER;

  /** When its sender takes it for lost, if it is. */
  long deemedLostNanos = Timeline.NEVER;

  /** Whether that is because nothing was heard for too long. */
  boolean timesOut;

  int timeouts;
  int sendings;

  /** Packets sent after it that have come through. */
  int followers;

  Segment(Flow flow, int bytes) {
    this.flow = flow;
    this.bytes = bytes;
  }

  long roundTripNanos() {
    return acknowledgedNanos - enteredNanos;
  }
}

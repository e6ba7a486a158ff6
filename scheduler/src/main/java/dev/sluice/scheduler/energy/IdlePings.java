package dev.sluice.scheduler.energy;

/**
 * How often a device looks after a link on which no request is under way. Each ping wakes the radio
 * up, so where an objective counts energy there are few, and a dead link is found out by the next
 * request.
 */
public final class IdlePings {
  /** Distance of pings where energy does not matter, in nanoseconds. */
  public static final long USUAL_NANOS = 250_000_000L;

  /**
   * Distance where it does, in nanoseconds; likewise of probes. Below the 15 seconds after which a
   * worker asks for a sign of life.
   */
  public static final long SPARING_NANOS = 10_000_000_000L;

  private IdlePings() {}
}

package dev.sluice.sim.trace;

/** The ways in which a trace is written. */
public enum TraceFormat {
  /** Full link steps; nothing is lost. */
  STEPS,
  /**
   * {@code seconds mbit}: the uplink rate alone, an outage as 0. How long the last line holds is
   * not told: readers take it to be as long as the one before.
   */
  THROUGHPUT,
  /**
   * Milliseconds at which a packet of 1500 bytes can leave, as mahimahi has them: the uplink alone.
   * A trace is as long as its last slot, so the last packet is put at the end.
   */
  MAHIMAHI,
  /** Comma-separated values with a title line; nothing is lost. */
  CSV
}

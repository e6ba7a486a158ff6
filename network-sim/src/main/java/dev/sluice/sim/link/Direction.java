package dev.sluice.sim.link;

/** A way across the link. */
public enum Direction {
  /** From the device to the worker. */
  UPLINK,
  /** From the worker to the device. */
  DOWNLINK;

  /** Returns the way back. */
  public Direction reverse() {
    return this == UPLINK ? DOWNLINK : UPLINK;
  }
}

package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.estimate.Estimates;

/** One of the estimates that a choice depends on. */
public enum Condition {
  /** The uplink's rate in bytes per second; its relative uncertainty stays. */
  UPLINK_RATE("uplink rate"),
  /** The round trip in nanoseconds; its uncertainty stays. */
  ROUND_TRIP("round trip"),
  /** The device's time over the profile's. */
  DEVICE_SCALE("device scale"),
  /** The worker's time over the profile's. */
  WORKER_SCALE("worker scale"),
  /** The wait at the worker in nanoseconds. */
  WORKER_QUEUE("worker queue"),
  /** The time between frames in nanoseconds; 0 = unknown, frames are rare. */
  FRAME_PERIOD("frame period");

  private final String words;

  Condition(String words) {
    this.words = words;
  }

  /** Returns the condition's value in its base unit. */
  public double of(Estimates estimates) {
    return switch (this) {
      case UPLINK_RATE -> estimates.uplinkBytesPerSecond();
      case ROUND_TRIP -> estimates.roundTripNanos();
      case DEVICE_SCALE -> estimates.deviceScale();
      case WORKER_SCALE -> estimates.workerScale();
      case WORKER_QUEUE -> estimates.workerQueueNanos();
      case FRAME_PERIOD -> estimates.framePeriodNanos();
    };
  }

  /**
   * Returns the estimates with another value of this condition and all else the same.
   *
   * @param value in the base unit, positive and finite; times are rounded to nanoseconds
   */
  public Estimates with(Estimates e, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(words + " must be positive and finite: " + value);
    }
    return new Estimates(
        e.link(),
        this == UPLINK_RATE ? value : e.uplinkBytesPerSecond(),
        e.uplinkRelativeSd(),
        this == ROUND_TRIP ? Math.round(value) : e.roundTripNanos(),
        e.roundTripSdNanos(),
        this == DEVICE_SCALE ? value : e.deviceScale(),
        this == WORKER_SCALE ? value : e.workerScale(),
        this == WORKER_QUEUE ? Math.round(value) : e.workerQueueNanos(),
        this == FRAME_PERIOD ? Math.max(1, Math.round(value)) : e.framePeriodNanos(),
        e.probeBytesWanted(),
        e.worker(),
        e.passOdds(),
        e.passOddsSd(),
        e.switchNanos(),
        e.deviceScaleSd(),
        e.workerScaleSd(),
        e.framePeriodCv());
  }

  /** Whether it matters only to plans that send. */
  boolean needsLink() {
    return this != DEVICE_SCALE && this != FRAME_PERIOD;
  }

  /** Returns a value for people, with its unit. */
  public String format(double value) {
    return switch (this) {
      case UPLINK_RATE -> Figures.significant(value * 8e-6) + " Mbit/s";
      case ROUND_TRIP, WORKER_QUEUE -> Figures.significant(value / 1e6) + " ms";
      case FRAME_PERIOD -> value == 0 ? "unknown" : Figures.significant(value / 1e6) + " ms";
      case DEVICE_SCALE, WORKER_SCALE -> "x " + Figures.significant(value);
    };
  }

  /** Returns the condition's name for people. */
  @Override
  public String toString() {
    return words;
  }
}

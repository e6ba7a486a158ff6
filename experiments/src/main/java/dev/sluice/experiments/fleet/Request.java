package dev.sluice.experiments.fleet;

import org.jspecify.annotations.Nullable;

/** A request under way; used again once it is over. Not thread-safe. */
final class Request implements Comparable<Request> {
  final int number;
  @Nullable FleetDevice device;
  @Nullable PlanTable table;
  int row;

  /** The worker that it is sent to. */
  int worker;

  long captureNanos;

  /** When the device answers with what it has, and when the answer is late. */
  long limitNanos;

  long deadlineNanos;
  long readyNanos;
  long firstByteNanos;
  long arrivedNanos;

  /** When the device goes on alone; {@link PlanTable#NEVER} if it has nothing to go on to. */
  long hedgeNanos;

  /** The device's time over the profile's for this frame. */
  double factor;

  /** How often requests came to the worker before it. */
  long sequence;

  Request(int number) {
    this.number = number;
  }

  /** The earlier deadline first, then who came first, as in the worker's queue. */
  @Override
  public int compareTo(Request other) {
    int order = Long.compare(deadlineNanos, other.deadlineNanos);
    return order != 0 ? order : Long.compare(sequence, other.sequence);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Request request && request.number == number;
  }

  @Override
  public int hashCode() {
    return number;
  }

  FleetDevice device() {
    return present(device);
  }

  PlanTable table() {
    return present(table);
  }

  private <T> T present(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("request " + number + " is not under way");
    }
    return part;
  }
}

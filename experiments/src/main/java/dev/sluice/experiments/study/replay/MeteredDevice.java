package dev.sluice.experiments.study.replay;

import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Work;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Counts how long a device computes, for whatever reason, knows when it is to be done with that,
 * and slows it down at times. Not thread-safe.
 */
final class MeteredDevice implements Device {
  private final Device device;
  private final DoubleSupplier slowdown;
  private final LongSupplier clock;
  private final double factor;
  private long busyNanos;
  private long freeNanos;

  /**
   * Meters a device.
   *
   * @param slowdown by what what begins now takes longer than usual, positive
   * @param clock the simulated time
   * @param factor the device's usual time over the profile's
   */
  MeteredDevice(Device device, DoubleSupplier slowdown, LongSupplier clock, double factor) {
    this.device = device;
    this.slowdown = slowdown;
    this.clock = clock;
    this.factor = factor;
  }

  @Override
  public <T> void run(Work<T> work, Consumer<Finished<T>> done) {
    long profiled = Math.round(work.profiledNanos() * slowdown.getAsDouble());
    freeNanos = clock.getAsLong() + Math.round(profiled * factor);
    device.run(
        new Work<>(work.what(), profiled, work.compute()),
        finished -> {
          busyNanos += finished.elapsedNanos();
          done.accept(finished);
        });
  }

  @Override
  public void giveUp() {
    freeNanos = Math.min(freeNanos, clock.getAsLong());
    device.giveUp();
  }

  /** Counts anew from here. */
  void reset() {
    busyNanos = 0;
  }

  /** Returns when the stage in progress is to end, or when the last one was to. */
  long freeNanos() {
    return freeNanos;
  }

  long busyNanos() {
    return busyNanos;
  }
}

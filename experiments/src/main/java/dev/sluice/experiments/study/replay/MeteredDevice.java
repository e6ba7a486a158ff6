package dev.sluice.experiments.study.replay;

import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Work;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * Counts how long a device computes, for whatever reason, and slows it down at times. Not
 * thread-safe.
 */
final class MeteredDevice implements Device {
  private final Device device;
  private final DoubleSupplier slowdown;
  private long busyNanos;

  /**
   * Meters a device.
   *
   * @param slowdown by what what begins now takes longer than usual, positive
   */
  MeteredDevice(Device device, DoubleSupplier slowdown) {
    this.device = device;
    this.slowdown = slowdown;
  }

  @Override
  public <T> void run(Work<T> work, Consumer<Finished<T>> done) {
    device.run(
        new Work<>(
            work.what(), Math.round(work.profiledNanos() * slowdown.getAsDouble()), work.compute()),
        finished -> {
          busyNanos += finished.elapsedNanos();
          done.accept(finished);
        });
  }

  @Override
  public void giveUp() {
    device.giveUp();
  }

  /** Counts anew from here. */
  void reset() {
    busyNanos = 0;
  }

  long busyNanos() {
    return busyNanos;
  }
}

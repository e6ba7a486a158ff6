package dev.sluice.experiments.study.regret;

import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Work;
import java.util.function.Consumer;

/** Counts how long a device computes, for whatever reason. Not thread-safe. */
final class MeteredDevice implements Device {
  private final Device device;
  private long busyNanos;

  MeteredDevice(Device device) {
    this.device = device;
  }

  @Override
  public <T> void run(Work<T> work, Consumer<Finished<T>> done) {
    device.run(
        work,
        finished -> {
          busyNanos += finished.elapsedNanos();
          done.accept(finished);
        });
  }

  /** Counts anew from here. */
  void reset() {
    busyNanos = 0;
  }

  long busyNanos() {
    return busyNanos;
  }
}

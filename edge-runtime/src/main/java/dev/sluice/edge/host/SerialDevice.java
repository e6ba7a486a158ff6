package dev.sluice.edge.host;

import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Work;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** This machine as the device: work runs on one thread, and takes what it takes. */
public final class SerialDevice implements Device {
  private final EventLoop loop;
  private final Executor thread;

  /**
   * Makes a device.
   *
   * @param loop is told when work has finished
   * @param thread runs the work, one after another; stays the caller's
   */
  public SerialDevice(EventLoop loop, Executor thread) {
    this.loop = loop;
    this.thread = thread;
  }

  @Override
  public <T> void run(Work<T> work, Consumer<Finished<T>> done) {
    thread.execute(
        () -> {
          long begin = loop.nanoTime();
          Finished<T> finished = compute(work, begin);
          loop.execute(() -> done.accept(finished));
        });
  }

  private <T> Finished<T> compute(Work<T> work, long begin) {
    @Nullable T value = null;
    @Nullable Throwable failure = null;
    try {
      value = work.compute().call();
    } catch (Exception e) {
      failure = e;
    }
    return Finished.of(value, failure, loop.nanoTime() - begin);
  }
}

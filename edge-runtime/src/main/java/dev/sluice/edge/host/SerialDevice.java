package dev.sluice.edge.host;

import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Work;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * This machine as the device: work runs on one thread, and takes what it takes. Work that is given
 * up ends between two operators of the network.
 */
public final class SerialDevice implements Device {
  private final EventLoop loop;
  private final Executor thread;
  private final Runnable halt;
  private boolean busy;

  /**
   * Makes a device whose work cannot be given up.
   *
   * @param loop is told when work has finished
   * @param thread runs the work, one after another; stays the caller's
   */
  public SerialDevice(EventLoop loop, Executor thread) {
    this(loop, thread, () -> {});
  }

  /**
   * Makes a device.
   *
   * @param loop is told when work has finished
   * @param thread runs the work, one after another; stays the caller's
   * @param halt makes the work in progress fail soon; called on the loop, and not before work that
   *     has finished was told of
   */
  public SerialDevice(EventLoop loop, Executor thread, Runnable halt) {
    this.loop = loop;
    this.thread = thread;
    this.halt = halt;
  }

  @Override
  public <T> void run(Work<T> work, Consumer<Finished<T>> done) {
    busy = true;
    thread.execute(
        () -> {
          long begin = loop.nanoTime();
          Finished<T> finished = compute(work, begin);
          loop.execute(
              () -> {
                busy = false;
                done.accept(finished);
              });
        });
  }

  @Override
  public void giveUp() {
    if (busy) {
      halt.run();
    }
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

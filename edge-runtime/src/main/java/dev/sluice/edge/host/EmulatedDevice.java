package dev.sluice.edge.host;

import dev.sluice.edge.session.Cancellable;
import dev.sluice.edge.session.Device;
import dev.sluice.edge.session.EventLoop;
import dev.sluice.edge.session.Finished;
import dev.sluice.edge.session.Work;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A slower device than this machine, emulated as a virtual serial device: work ends when its
 * profiled time times a factor has passed on the loop's clock. The real computation runs beneath;
 * how long that takes changes nothing unless it takes longer than the virtual time, which is
 * counted as an overrun. Measured times are never stretched: a stall of this machine must not grow
 * with the factor. Work that is given up ends at that moment.
 */
public final class EmulatedDevice implements Device {
  /** Relative noise is cut at this many standard deviations. */
  private static final double NOISE_CUT = 3;

  private final EventLoop loop;
  private final Executor thread;
  private final double factor;
  private final double relativeSd;
  private final RandomGenerator noise;

  private @Nullable Busy<?> busy;
  private long virtualEnd = Long.MIN_VALUE;
  private boolean delivering;
  private long overruns;
  private long overrunNanos;

  /**
   * Makes a device.
   *
   * @param loop its clock is the virtual device's
   * @param thread runs the real computation; a simulation may run it inline
   * @param factor time on the emulated device over the profile's, positive
   * @param relativeSd standard deviation of the noise on each time, in {@code [0, 0.3)}
   * @param noise where the noise comes from; used on the loop only
   */
  public EmulatedDevice(
      EventLoop loop, Executor thread, double factor, double relativeSd, RandomGenerator noise) {
    if (!(factor > 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException("factor must be positive: " + factor);
    }
    if (!(relativeSd >= 0 && relativeSd < 0.3)) {
      throw new IllegalArgumentException("noise not in [0, 0.3): " + relativeSd);
    }
    this.loop = loop;
    this.thread = thread;
    this.factor = factor;
    this.relativeSd = relativeSd;
    this.noise = noise;
  }

  @Override
  public <T> void run(Work<T> work, Consumer<Finished<T>> done) {
    // Work handed in while the last is delivered follows it without a gap, however late the loop
    // is.
    long begin = delivering ? virtualEnd : loop.nanoTime();
    double deviation = Math.max(-NOISE_CUT, Math.min(NOISE_CUT, noise.nextGaussian())) * relativeSd;
    long virtualNanos = Math.round(work.profiledNanos() * factor * (1 + deviation));
    Busy<T> now = new Busy<>(begin, begin + virtualNanos, done);
    busy = now;
    thread.execute(
        () -> {
          @Nullable T value = null;
          @Nullable Throwable failure = null;
          try {
            value = work.compute().call();
          } catch (Exception e) {
            failure = e;
          }
          @Nullable T result = value;
          @Nullable Throwable trouble = failure;
          long computed = loop.nanoTime();
          loop.execute(() -> now.computed(computed, result, trouble));
        });
  }

  @Override
  public void giveUp() {
    Busy<?> now = busy;
    if (now != null) {
      now.giveUp();
    }
  }

  /** Work in progress. */
  private final class Busy<T> {
    private final long begin;
    private final Consumer<Finished<T>> done;
    private long end;
    private boolean givenUp;
    private @Nullable Cancellable timer;
    private @Nullable T value;
    private @Nullable Throwable failure;

    Busy(long begin, long end, Consumer<Finished<T>> done) {
      this.begin = begin;
      this.end = end;
      this.done = done;
    }

    void computed(long at, @Nullable T result, @Nullable Throwable trouble) {
      value = result;
      failure = trouble;
      if (at > end) {
        overruns += givenUp ? 0 : 1;
        overrunNanos += givenUp ? 0 : at - end;
        end = at;
        deliver();
      } else {
        timer = loop.at(end, this::deliver);
      }
    }

    void giveUp() {
      givenUp = true;
      end = Math.max(begin, Math.min(end, loop.nanoTime()));
      if (timer != null) {
        timer.cancel();
        timer = loop.at(end, this::deliver);
      }
    }

    private void deliver() {
      busy = null;
      virtualEnd = end;
      delivering = true;
      try {
        done.accept(Finished.of(value, failure, end - begin));
      } finally {
        delivering = false;
      }
    }
  }

  @Override
  public long overruns() {
    return overruns;
  }

  /** Returns by how much all overruns together exceeded the virtual time. */
  public long overrunNanos() {
    return overrunNanos;
  }
}

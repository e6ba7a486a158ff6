package dev.sluice.sim.link;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Has the pump run at a set time, on the event loop. Wake-ups closer together than a period are
 * merged; while much passes, that is what bounds the work.
 */
abstract class WakeUp implements AutoCloseable {
  /** A quarter of the delay that the proxy may add. */
  private static final long PERIOD_NANOS = 250_000;

  /** Asks for a run; one at {@link Timeline#NEVER} is none. On the event loop. */
  void at(long nanos, long nowNanos) {
    if (nanos != Timeline.NEVER) {
      schedule(Math.max(nanos, nowNanos + PERIOD_NANOS), nowNanos);
    }
  }

  abstract void schedule(long nanos, long nowNanos);

  @Override
  public abstract void close();

  /** Linux's event loop waits to the nanosecond; java.nio's in whole milliseconds. */
  static WakeUp of(EventLoop loop, LongSupplier clock, Runnable pump) {
    return Sockets.preciseTimes() ? new OnLoop(loop, pump) : new OnThread(loop, clock, pump);
  }

  private static final class OnLoop extends WakeUp {
    /**
     * Netty rounds waits of more than 10 ms up to whole milliseconds. So the loop wakes up a little
     * before the end of a long one, has a look, and waits for the rest.
     */
    private static final long PRECISE_NANOS = 9_000_000;

    private static final long EARLY_NANOS = 4_000_000;

    private final EventLoop loop;
    private final Runnable pump;
    private @Nullable ScheduledFuture<?> scheduled;
    private long scheduledNanos = Timeline.NEVER;

    OnLoop(EventLoop loop, Runnable pump) {
      this.loop = loop;
      this.pump = pump;
    }

    @Override
    void schedule(long nanos, long nowNanos) {
      if (scheduled != null && nanos >= scheduledNanos) {
        return;
      }
      if (scheduled != null) {
        scheduled.cancel(false);
      }
      scheduledNanos = nanos - nowNanos > PRECISE_NANOS ? nanos - EARLY_NANOS : nanos;
      scheduled = loop.schedule(this::run, scheduledNanos - nowNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {}

    private void run() {
      scheduled = null;
      pump.run();
    }
  }

  private static final class OnThread extends WakeUp {
    private final PreciseTimer timer;

    OnThread(EventLoop loop, LongSupplier clock, Runnable pump) {
      timer = new PreciseTimer(clock, () -> loop.execute(pump));
    }

    @Override
    void schedule(long nanos, long nowNanos) {
      timer.wakeAt(nanos);
    }

    @Override
    public void close() {
      timer.close();
    }
  }
}

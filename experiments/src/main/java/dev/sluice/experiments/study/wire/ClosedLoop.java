package dev.sluice.experiments.study.wire;

import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.report.Percentiles;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps a fixed number of requests under way: each reply is followed by the next request. So a slow
 * reply also delays the requests behind it, which are not counted as waiting.
 */
final class ClosedLoop {
  private static final int PATIENCE_SECONDS = 30;

  private final Caller caller;
  private final long fromNanos;
  private final long untilNanos;
  private final AtomicInteger open;
  private final CompletableFuture<Void> over = new CompletableFuture<>();

  // Written on the caller's event loop, or under the lock where replies come on several threads.
  private final Percentiles latencies = new Percentiles();

  /**
   * What a block of requests took.
   *
   * @param perSecond replies
   * @param p50Nanos median time from request to reply
   * @param p99Nanos 99th percentile of it
   * @param requests that count
   */
  record Block(double perSecond, long p50Nanos, long p99Nanos, long requests) {}

  private ClosedLoop(Caller caller, int inFlight, long fromNanos, long untilNanos) {
    this.caller = caller;
    this.fromNanos = fromNanos;
    this.untilNanos = untilNanos;
    open = new AtomicInteger(inFlight);
  }

  /**
   * Runs a block and waits until all its requests are answered.
   *
   * @param rampNanos replies of this first time do not count
   * @param nanos how long replies count after it
   */
  static Block run(Caller caller, int inFlight, long rampNanos, long nanos)
      throws InterruptedException {
    long from = System.nanoTime() + rampNanos;
    ClosedLoop loop = new ClosedLoop(caller, inFlight, from, from + nanos);
    for (int i = 0; i < inFlight; i++) {
      loop.new Slot().next();
    }
    try {
      loop.over.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new DemoException("requests were not answered within " + PATIENCE_SECONDS + " s");
    } catch (ExecutionException e) {
      throw new DemoException("a request failed: " + e.getMessage(), e);
    }
    synchronized (loop.latencies) {
      return new Block(
          loop.latencies.count() / (nanos / 1e9),
          loop.latencies.at(50),
          loop.latencies.at(99),
          loop.latencies.count());
    }
  }

  private final class Slot implements Caller.Reply {
    private volatile long sentNanos;

    void next() {
      sentNanos = System.nanoTime();
      caller.call(this);
    }

    @Override
    public void arrived() {
      long now = System.nanoTime();
      if (now >= fromNanos && now < untilNanos) {
        synchronized (latencies) {
          latencies.add(now - sentNanos);
        }
      }
      if (now < untilNanos) {
        next();
      } else if (open.decrementAndGet() == 0) {
        over.complete(null);
      }
    }

    @Override
    public void failed(String why) {
      over.completeExceptionally(new DemoException(why));
    }
  }
}

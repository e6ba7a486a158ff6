package dev.sluice.protocol.pool;

import java.util.random.RandomGenerator;

/**
 * How long to wait before a worker is called again: capped, exponential, and uniform from nothing
 * up to that bound ("full jitter": Brooker, "Exponential Backoff And Jitter", AWS Architecture
 * Blog, 2015). Not thread-safe.
 *
 * <p>Many devices that lose one worker at the same moment call it again at all times, and the more
 * rarely the longer it is away.
 */
final class Backoff {
  private static final int MAX_DOUBLINGS = 30;

  /** A worker that asks for more patience than this is tried again all the same. */
  private static final long MAX_ASKED_NANOS = 60_000_000_000L;

  private final PoolOptions options;
  private final RandomGenerator random;
  private int failures;

  Backoff(PoolOptions options, RandomGenerator random) {
    this.options = options;
    this.random = random;
  }

  /**
   * Returns the wait after a connection ended or did not come to be.
   *
   * @param upNanos how long it was up, 0 if never
   * @param calm whether another worker is up
   * @param askedNanos how long the worker asked to be left alone, 0 if it did not
   */
  long afterFailure(long upNanos, boolean calm, long askedNanos) {
    if (upNanos >= options.steadyNanos()) {
      failures = 0;
    }
    double first = calm ? options.calmBackoffNanos() : options.urgentBackoffNanos();
    double bound =
        Math.min(
            (double) options.maxBackoffNanos(), first * (1L << Math.min(failures, MAX_DOUBLINGS)));
    failures++;
    long asked = Math.min(Math.max(0, askedNanos), MAX_ASKED_NANOS);
    return Math.max(1, asked + (long) (bound * random.nextDouble()));
  }
}

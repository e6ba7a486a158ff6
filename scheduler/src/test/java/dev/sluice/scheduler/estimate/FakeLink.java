package dev.sluice.scheduler.estimate;

import java.util.Random;
import java.util.function.LongToDoubleFunction;

/**
 * An uplink that serves one payload at a time at a rate that changes over time, with a round trip
 * and noise; its worker's clock is another. Hands out the stamps that a client would see.
 */
public final class FakeLink {
  private static final long WORKER_CLOCK = 987_654_321_987L;
  private static final long STEP = 1_000_000;

  private final LongToDoubleFunction bytesPerSecond;
  private final LongToDoubleFunction roundTripNanos;
  private final double noise;
  private final Random random;
  private long free;
  private long ids;

  public FakeLink(
      LongToDoubleFunction bytesPerSecond,
      LongToDoubleFunction roundTripNanos,
      double noise,
      long seed) {
    this.bytesPerSecond = bytesPerSecond;
    this.roundTripNanos = roundTripNanos;
    this.noise = noise;
    random = new Random(seed);
  }

  /** A ping that does not share the link. */
  public long ping(long now) {
    return Math.round(
        roundTripNanos.applyAsDouble(now) * (1 + noise * Math.abs(random.nextGaussian())));
  }

  /** Sends a request that the worker computes for 3 ms. */
  public TransferSample send(long now, int bytes) {
    long start = Math.max(now, free);
    double factor = Math.exp(noise * random.nextGaussian());
    double left = bytes;
    long end = start;
    while (left > 0) {
      double perStep = bytesPerSecond.applyAsDouble(end) * factor * STEP / 1e9;
      if (perStep >= left) {
        end += Math.round(STEP * left / perStep);
        left = 0;
      } else {
        left -= perStep;
        end += STEP;
      }
    }
    free = end;
    long oneWay = ping(end) / 2;
    long last = end + oneWay;
    long first = Math.min(last, start + oneWay + (end - start) * Math.min(1460, bytes) / bytes);
    long reply = last + 3_000_000;
    return new TransferSample(
        ids++,
        now,
        reply + oneWay,
        bytes,
        first + WORKER_CLOCK,
        last + WORKER_CLOCK,
        reply + WORKER_CLOCK);
  }
}

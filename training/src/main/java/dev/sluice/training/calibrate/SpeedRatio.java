package dev.sluice.training.calibrate;

import dev.sluice.model.engine.OnnxEngine;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Two forms of the same computation, timed in turns on the calling thread, so that whatever else
 * the machine does hits both alike.
 *
 * @param firstNanos median time of the first, or its lower quartile
 * @param secondNanos the same of the second
 */
public record SpeedRatio(long firstNanos, long secondNanos) {
  private static final int WARM_UP = 20;

  public SpeedRatio {
    if (firstNanos < 1 || secondNanos < 1) {
      throw new IllegalArgumentException(firstNanos + " and " + secondNanos + " ns");
    }
  }

  /**
   * Measures.
   *
   * @param engine computes on the calling thread; stays the caller's
   * @param first a model
   * @param second another one with the same inputs
   * @param inputs what both are given
   * @param repetitions of each, at least 1
   */
  public static SpeedRatio measure(
      LongSupplier nanoClock,
      OnnxEngine engine,
      byte[] first,
      byte[] second,
      List<LiveTensor> inputs,
      int repetitions) {
    return measure(nanoClock, engine, first, second, inputs, repetitions, 0.5);
  }

  /**
   * Measures lower quartiles in place of medians: what decisions rest on, which should not depend
   * on what else the machine does.
   */
  public static SpeedRatio quiet(
      LongSupplier nanoClock,
      OnnxEngine engine,
      byte[] first,
      byte[] second,
      List<LiveTensor> inputs,
      int repetitions) {
    return measure(nanoClock, engine, first, second, inputs, repetitions, 0.25);
  }

  private static SpeedRatio measure(
      LongSupplier nanoClock,
      OnnxEngine engine,
      byte[] first,
      byte[] second,
      List<LiveTensor> inputs,
      int repetitions,
      double quantile) {
    long[] firstTimes = new long[repetitions];
    long[] secondTimes = new long[repetitions];
    try (var one = engine.load(first, "first part");
        var other = engine.load(second, "second part");
        var in = LiveTensor.wrap(engine, inputs)) {
      for (int i = -WARM_UP; i < repetitions; i++) {
        long start = nanoClock.getAsLong();
        one.run(in).close();
        long middle = nanoClock.getAsLong();
        other.run(in).close();
        long end = nanoClock.getAsLong();
        if (i >= 0) {
          firstTimes[i] = middle - start;
          secondTimes[i] = end - middle;
        }
      }
    }
    return new SpeedRatio(at(quantile, firstTimes), at(quantile, secondTimes));
  }

  private static long at(double quantile, long[] times) {
    Arrays.sort(times);
    return Math.max(1, times[(int) (quantile * times.length)]);
  }

  /** Returns how many times as fast the second is. */
  public double speedUp() {
    return firstNanos / (double) secondNanos;
  }
}

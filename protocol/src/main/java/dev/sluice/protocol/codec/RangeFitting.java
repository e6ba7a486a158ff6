package dev.sluice.protocol.codec;

import java.util.List;

/**
 * Chooses ranges: those between the samples' ends, always with zero, that make the least squared
 * error, clipping what is rare where that makes the rest finer.
 */
final class RangeFitting {
  /** Which part of the whole range is kept, tried in turn. */
  private static final double[] KEPT = {
    1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2
  };

  private RangeFitting() {}

  static Ranges fit(int bits, boolean perChannel, Geometry geometry, List<float[]> samples) {
    int channels = perChannel ? geometry.channels() : 1;
    int plane = geometry.elements() / channels;
    float[] steps = new float[channels];
    int[] zeros = new int[channels];
    float smallest = Float.MAX_VALUE;
    for (int channel = 0; channel < channels; channel++) {
      fit(bits, samples, channel * plane, plane, channel, steps, zeros);
      smallest = steps[channel] > 0 ? Math.min(smallest, steps[channel]) : smallest;
    }
    for (int channel = 0; channel < channels; channel++) {
      // What was always zero may not be so next time.
      if (steps[channel] == 0) {
        steps[channel] = smallest < Float.MAX_VALUE ? smallest : 1;
      }
    }
    return new Ranges(bits, steps, zeros);
  }

  private static void fit(
      int bits,
      List<float[]> samples,
      int from,
      int count,
      int channel,
      float[] steps,
      int[] zeros) {
    float min = 0;
    float max = 0;
    for (float[] sample : samples) {
      for (int i = from; i < from + count; i++) {
        min = Math.min(min, sample[i]);
        max = Math.max(max, sample[i]);
      }
    }
    if (min == max) {
      return;
    }
    double least = Double.MAX_VALUE;
    for (double kept : KEPT) {
      int top = (1 << bits) - 1;
      double step = Math.min((double) max - min, Float.MAX_VALUE / 512.0) * kept / top;
      int zero = (int) Math.max(0, Math.min(top, Math.round(-min * kept / step)));
      float stored = (float) step;
      if (stored < Float.MIN_NORMAL) {
        stored = Float.MIN_NORMAL;
      }
      double error = 0;
      for (float[] sample : samples) {
        for (int i = from; i < from + count; i++) {
          double level = Math.rint(sample[i] / stored) + zero;
          double read = (Math.max(0, Math.min(top, level)) - zero) * stored;
          error += (sample[i] - read) * (sample[i] - read);
        }
      }
      if (error < least) {
        least = error;
        steps[channel] = stored;
        zeros[channel] = zero;
      }
    }
  }
}

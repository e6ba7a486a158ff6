package dev.sluice.training.transform;

import dev.sluice.training.export.OnnxPieces.ValueRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Feature maps beside what a receiver makes of them before it clips, from which follows what keeps
 * their means: as after quantising weights (Nagel et al., "Data-Free Quantization Through Weight
 * Equalization and Bias Correction", ICCV 2019), a shift of a channel's mean is felt far more than
 * error that averages out. Not thread-safe.
 */
final class ReceivedMaps {
  /** Halvings of the interval that a bias is sought in. */
  private static final int ROUNDS = 20;

  /** Values per channel that are looked at; more change nothing. */
  private static final int ENOUGH = 16_384;

  private final int channels;
  private final int area;
  private final List<float[]> originals = new ArrayList<>();
  private final List<float[]> received = new ArrayList<>();

  ReceivedMaps(int channels, int area) {
    this.channels = channels;
    this.area = area;
  }

  /** Adds a map, {@code [channels, area]}, and what is received of it. */
  void add(float[] original, float[] map) {
    originals.add(original);
    received.add(map);
  }

  /**
   * Returns what to add to each channel's values, after a gain and before clipping, so that each
   * keeps its mean.
   *
   * @param gain what they are multiplied by first
   */
  double[] biases(double gain, Optional<ValueRange> range) {
    double[] biases = new double[channels];
    int stride = Math.max(1, (int) ((long) area * originals.size() / ENOUGH));
    for (int c = 0; c < channels; c++) {
      double wanted = mean(originals, c, stride, 1, 0, Optional.empty());
      double linear = wanted - mean(received, c, stride, gain, 0, Optional.empty());
      biases[c] = range.isEmpty() ? linear : biasOf(c, stride, gain, range.get(), wanted, linear);
    }
    return biases;
  }

  private double biasOf(
      int channel, int stride, double gain, ValueRange range, double wanted, double linear) {
    Optional<ValueRange> clipped = Optional.of(range);
    double reach = Math.abs(linear) + 4 * gain * rootMeanSquare(channel, stride);
    double low = linear - reach;
    double high = linear + reach;
    for (int round = 0; round < ROUNDS; round++) {
      double middle = (low + high) / 2;
      // Of a silent channel's many biases the one that changes least: it may speak elsewhere.
      if (mean(received, channel, stride, gain, middle, clipped) <= wanted) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private double rootMeanSquare(int channel, int stride) {
    double squares = 0;
    long count = 0;
    for (float[] map : received) {
      for (int at = 0; at < area; at += stride) {
        double value = map[channel * area + at];
        squares += value * value;
        count++;
      }
    }
    return Math.sqrt(squares / count);
  }

  private double mean(
      List<float[]> maps,
      int channel,
      int stride,
      double gain,
      double bias,
      Optional<ValueRange> range) {
    float least = range.map(ValueRange::least).orElse(Float.NEGATIVE_INFINITY);
    float most = range.map(ValueRange::most).orElse(Float.POSITIVE_INFINITY);
    float by = (float) gain;
    float more = (float) bias;
    double sum = 0;
    long count = 0;
    int at = 0;
    for (float[] map : maps) {
      for (; at < area; at += stride) {
        sum += Math.max(least, Math.min(most, by * map[channel * area + at] + more));
        count++;
      }
      at -= area;
    }
    return sum / count;
  }
}

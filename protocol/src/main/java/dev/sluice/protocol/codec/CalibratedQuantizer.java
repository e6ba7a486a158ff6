package dev.sluice.protocol.codec;

/**
 * Levels over calibrated ranges, one for all values or one per channel; no side bytes. Values
 * beyond their range saturate, NaN takes the lowest level. Zero is exact.
 */
final class CalibratedQuantizer implements Quantizer {
  private final Ranges ranges;
  private final LevelPlanes.Scale[] scales;
  private final int plane;

  CalibratedQuantizer(Ranges ranges, Geometry geometry) {
    this.ranges = ranges;
    int channels = ranges.steps().length;
    plane = geometry.elements() / channels;
    scales = new LevelPlanes.Scale[channels];
    for (int channel = 0; channel < channels; channel++) {
      int zero = ranges.zeros()[channel];
      scales[channel] = new LevelPlanes.Scale(0, ranges.perLevel(channel), zero, ranges.bits());
    }
  }

  @Override
  public int bits() {
    return ranges.bits();
  }

  @Override
  public int maxSideBytes(int elements) {
    return 0;
  }

  @Override
  public int[] zeros() {
    return ranges.zeros();
  }

  @Override
  public boolean encodePlanes(
      float[] values, int elements, byte[] planes, byte[] side, Scratch scratch) {
    LevelPlanes levels = scratch.levels();
    levels.beginPlanes();
    for (int chunk = 0; chunk < elements; chunk += LevelPlanes.CHUNK) {
      int end = Math.min(elements, chunk + LevelPlanes.CHUNK);
      levels.begin(end - chunk);
      for (int i = chunk; i < end; ) {
        int channel = i / plane;
        int next = levels.set(values, chunk, i, runEnd(channel, end), scales[channel]);
        if (next == i) {
          // A block that channels share, or the last one.
          levels.clear((i - chunk) >> 3);
          next = Math.min(end, i + 8);
          for (int k = i; k < next; k++) {
            levels.set(k - chunk, scales[k / plane].level(values[k]));
          }
        }
        i = next;
      }
      int bytes = (end - chunk + 7) / 8;
      levels.writePlanes(planes, (elements + 7) / 8, chunk / 8, bytes, ranges.bits());
    }
    return true;
  }

  @Override
  public boolean leavesNoise() {
    return true;
  }

  /** Returns where a channel's values end, at most {@code end}. */
  private int runEnd(int channel, int end) {
    return (int) Math.min(end, (channel + 1L) * plane);
  }

  @Override
  public boolean decodePlanes(
      byte[] planes, int elements, byte[] side, float[] values, Scratch scratch) {
    LevelPlanes levels = scratch.levels();
    for (int chunk = 0; chunk < elements; chunk += LevelPlanes.CHUNK) {
      int end = Math.min(elements, chunk + LevelPlanes.CHUNK);
      int bytes = (end - chunk + 7) / 8;
      levels.readPlanes(planes, (elements + 7) / 8, chunk / 8, bytes, ranges.bits(), end - chunk);
      for (int i = chunk; i < end; ) {
        int channel = i / plane;
        float step = ranges.steps()[channel];
        int zero = ranges.zeros()[channel];
        int next = levels.get(values, chunk, i, runEnd(channel, end), zero, step);
        if (next == i) {
          next = Math.min(end, i + 8);
          for (int k = i; k < next; k++) {
            int level = levels.get(k - chunk) - ranges.zeros()[k / plane];
            values[k] = level * ranges.steps()[k / plane];
          }
        }
        i = next;
      }
    }
    return true;
  }

  @Override
  public int encode(float[] values, int elements, byte[] words, byte[] side) {
    for (int channel = 0, i = 0; i < elements; channel++) {
      LevelPlanes.Scale scale = scales[channel];
      for (int end = i + plane; i < end; i++) {
        words[i] = (byte) scale.level(values[i]);
      }
    }
    return 0;
  }

  @Override
  public int sideBytes(byte[] in, int bytes, int elements) {
    return 0;
  }

  @Override
  public void decode(byte[] words, int elements, byte[] side, float[] values, Scratch scratch) {
    for (int channel = 0, i = 0; i < elements; channel++) {
      float step = ranges.steps()[channel];
      int zero = ranges.zeros()[channel];
      for (int end = i + plane; i < end; i++) {
        values[i] = ((words[i] & 0xFF) - zero) * step;
      }
    }
  }
}

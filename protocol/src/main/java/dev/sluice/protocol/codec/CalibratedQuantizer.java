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
      float offset = ranges.zeros()[channel] + 0.5f;
      scales[channel] = new LevelPlanes.Scale(0, ranges.perLevel(channel), offset, ranges.bits());
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
  public boolean encodePlanes(float[] values, int elements, byte[] planes, byte[] side) {
    int groups = (elements + 7) / 8;
    for (int i = 0; i < elements; ) {
      int channel = i / plane;
      int end = (channel + 1) * plane;
      int next = LevelPlanes.split(values, i, end, scales[channel], planes, groups);
      if (next < end) {
        // A group that two or more channels share, or the last one.
        long block = 0;
        for (int k = next; k < Math.min(elements, next + 8); k++) {
          block |= (long) scales[k / plane].level(values[k]) << (8 * (k - next));
        }
        LevelPlanes.store(block, ranges.bits(), planes, groups, next / 8);
        next += 8;
      }
      i = next;
    }
    return true;
  }

  @Override
  public boolean decodePlanes(
      byte[] planes, int elements, byte[] side, float[] values, Scratch scratch) {
    int groups = (elements + 7) / 8;
    int bits = ranges.bits();
    for (int i = 0; i < elements; ) {
      int channel = i / plane;
      int end = (channel + 1) * plane;
      float step = ranges.steps()[channel];
      int zero = ranges.zeros()[channel];
      int next = LevelPlanes.join(planes, groups, bits, zero, step, values, i, end);
      if (next < end) {
        for (int k = next; k < Math.min(elements, next + 8); k++) {
          int level = LevelPlanes.level(planes, groups, bits, k);
          values[k] = (level - ranges.zeros()[k / plane]) * ranges.steps()[k / plane];
        }
        next += 8;
      }
      i = next;
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

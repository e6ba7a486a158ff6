package dev.sluice.protocol.codec;

/**
 * Levels over calibrated ranges, one for all values or one per channel; no side bytes. Values
 * beyond their range saturate, NaN takes the lowest level. Zero is exact.
 */
final class CalibratedQuantizer implements Quantizer {
  private final Ranges ranges;
  private final int plane;
  private final int top;

  CalibratedQuantizer(Ranges ranges, Geometry geometry) {
    this.ranges = ranges;
    plane = ranges.steps().length == 1 ? geometry.elements() : geometry.plane();
    top = (1 << ranges.bits()) - 1;
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
  public boolean encodePlanes(float[] values, int elements, byte[] planes, Scratch scratch) {
    int groups = (elements + 7) / 8;
    float[] chunk = scratch.chunk();
    for (int start = 0; start < elements; start += LevelPlanes.CHUNK) {
      int end = Math.min(elements, start + LevelPlanes.CHUNK);
      for (int from = start; from < end; ) {
        int channel = from / plane;
        int to = (int) Math.min(end, (channel + 1L) * plane);
        float zero = ranges.zeros()[channel];
        LevelPlanes.levels(
            values, from, to - from, ranges.perLevel(channel), zero, top, chunk, from - start);
        from = to;
      }
      LevelPlanes.split(chunk, end - start, ranges.bits(), planes, groups, start / 8);
    }
    return true;
  }

  @Override
  public boolean decodePlanes(byte[] planes, int elements, float[] values, Scratch scratch) {
    int groups = (elements + 7) / 8;
    float[] chunk = scratch.chunk();
    for (int start = 0; start < elements; start += LevelPlanes.CHUNK) {
      int end = Math.min(elements, start + LevelPlanes.CHUNK);
      LevelPlanes.join(planes, groups, start / 8, ranges.bits(), chunk, end - start);
      for (int from = start; from < end; ) {
        int channel = from / plane;
        int to = (int) Math.min(end, (channel + 1L) * plane);
        float step = ranges.steps()[channel];
        float zero = ranges.zeros()[channel];
        for (int i = from; i < to; i++) {
          values[i] = (chunk[i - start] - zero) * step;
        }
        from = to;
      }
    }
    return true;
  }

  @Override
  public int encode(float[] values, int elements, byte[] words, byte[] side) {
    for (int channel = 0, i = 0; i < elements; channel++) {
      float perLevel = ranges.perLevel(channel);
      float zero = ranges.zeros()[channel];
      for (int end = i + plane; i < end; i++) {
        // Rounded as where planes are made at once; NaN becomes 0.
        float level = Math.min(Math.max(values[i] * perLevel + zero, 0f), top);
        words[i] = (byte) (int) Math.rint(level);
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

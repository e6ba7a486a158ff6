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
  public int encode(float[] values, int elements, byte[] words, byte[] side) {
    for (int channel = 0, i = 0; i < elements; channel++) {
      float perLevel = ranges.perLevel(channel);
      float offset = ranges.zeros()[channel] + 0.5f;
      for (int end = i + plane; i < end; i++) {
        int level = (int) (values[i] * perLevel + offset);
        words[i] = (byte) Math.min(top, Math.max(0, level));
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

package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/**
 * 8 bit between the tensor's own minimum and maximum, which are its side bytes: min f32, max f32,
 * little-endian. Value = min + q * (max - min) / 255. NaN and infinities take the nearer end of the
 * finite range (NaN the lower).
 */
final class MeasuredQuantizer implements Quantizer {
  private static final int SIDE_BYTES = 8;
  private static final int LEVELS = 255;
  private static final int[] NO_ZEROS = {};

  @Override
  public int bits() {
    return 8;
  }

  @Override
  public int maxSideBytes(int elements) {
    return SIDE_BYTES;
  }

  @Override
  public int[] zeros() {
    return NO_ZEROS;
  }

  @Override
  public int encode(float[] values, int elements, byte[] words, byte[] side) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < elements; i++) {
      float value = values[i];
      min = Math.min(min, finite(value) ? value : min);
      max = Math.max(max, finite(value) ? value : max);
    }
    if (min > max) {
      min = 0;
      max = 0;
    }
    LittleEndian.putFloat(side, 0, min);
    LittleEndian.putFloat(side, 4, max);
    quantize(values, elements, min, max, words);
    return SIDE_BYTES;
  }

  private static boolean finite(float value) {
    return Math.abs(value) <= Float.MAX_VALUE;
  }

  private static void quantize(float[] values, int elements, float min, float max, byte[] out) {
    double range = (double) max - min;
    if (range <= 0) {
      for (int i = 0; i < elements; i++) {
        out[i] = 0;
      }
      return;
    }
    if (range <= Float.MAX_VALUE && range >= 1e-30) {
      float scale = (float) (LEVELS / range);
      for (int i = 0; i < elements; i++) {
        // Casting saturates infinities and turns NaN to 0.
        int level = (int) ((values[i] - min) * scale + 0.5f);
        out[i] = (byte) Math.min(LEVELS, Math.max(0, level));
      }
      return;
    }
    double scale = LEVELS / range;
    for (int i = 0; i < elements; i++) {
      int level = (int) (((double) values[i] - min) * scale + 0.5);
      out[i] = (byte) Math.min(LEVELS, Math.max(0, level));
    }
  }

  @Override
  public int sideBytes(byte[] in, int bytes, int elements) throws ProtocolException {
    if (bytes <= SIDE_BYTES) {
      throw ProtocolException.malformedRequest("q8 payload ends within its header: " + bytes);
    }
    float min = LittleEndian.getFloat(in, 0);
    float max = LittleEndian.getFloat(in, 4);
    if (!finite(min) || !finite(max) || min > max) {
      throw ProtocolException.malformedRequest("q8 payload has range " + min + " to " + max);
    }
    return SIDE_BYTES;
  }

  @Override
  public void decode(byte[] words, int elements, byte[] side, float[] values, Scratch scratch) {
    float min = LittleEndian.getFloat(side, 0);
    double step = ((double) LittleEndian.getFloat(side, 4) - min) / LEVELS;
    float[] table = scratch.table();
    for (int level = 0; level <= LEVELS; level++) {
      table[level] = (float) (min + level * step);
    }
    for (int i = 0; i < elements; i++) {
      values[i] = table[words[i] & 0xFF];
    }
  }
}

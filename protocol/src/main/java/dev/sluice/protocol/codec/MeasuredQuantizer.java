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
  public boolean encodePlanes(
      float[] values, int elements, byte[] planes, byte[] side, Scratch scratch) {
    measure(values, elements, side);
    double range = range(side);
    if (!isOrdinary(range)) {
      return false;
    }
    float min = LittleEndian.getFloat(side, 0);
    float scale = (float) (LEVELS / range);
    LevelPlanes levels = scratch.levels();
    levels.beginPlanes();
    for (int chunk = 0; chunk < elements; chunk += LevelPlanes.CHUNK) {
      int end = Math.min(elements, chunk + LevelPlanes.CHUNK);
      levels.begin(end - chunk);
      int i = levels.set(values, chunk, chunk, end, min, scale, 0, 8);
      for (; i < end; i++) {
        levels.set(i - chunk, LevelPlanes.level(values[i], min, scale, 0, 8));
      }
      int bytes = (end - chunk + 7) / 8;
      levels.writePlanes(planes, (elements + 7) / 8, chunk / 8, bytes, 8);
    }
    return true;
  }

  @Override
  public int encode(float[] values, int elements, byte[] words, byte[] side) {
    measure(values, elements, side);
    double range = range(side);
    if (isOrdinary(range)) {
      LevelPlanes.Scale scale = scale(side, range);
      for (int i = 0; i < elements; i++) {
        words[i] = (byte) scale.level(values[i]);
      }
    } else {
      double min = LittleEndian.getFloat(side, 0);
      double perLevel = range > 0 ? LEVELS / range : 0;
      for (int i = 0; i < elements; i++) {
        int level = (int) ((values[i] - min) * perLevel + 0.5);
        words[i] = (byte) Math.min(LEVELS, Math.max(0, level));
      }
    }
    return SIDE_BYTES;
  }

  /** Returns whether a range fits a float and its reciprocal too. */
  private static boolean isOrdinary(double range) {
    return range <= Float.MAX_VALUE && range >= 1e-30;
  }

  private static double range(byte[] side) {
    return (double) LittleEndian.getFloat(side, 4) - LittleEndian.getFloat(side, 0);
  }

  private static LevelPlanes.Scale scale(byte[] side, double range) {
    float min = LittleEndian.getFloat(side, 0);
    return new LevelPlanes.Scale(min, (float) (LEVELS / range), 0, 8);
  }

  /** Writes the ends of the finite values; 0 and 0 where there are none. */
  private static void measure(float[] values, int elements, byte[] side) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < elements; i++) {
      // No comparison with NaN holds, and branches hardly ever taken cost less than Math.min.
      float value = values[i];
      if (value < min) {
        min = value;
      }
      if (value > max) {
        max = value;
      }
    }
    if (min == Float.NEGATIVE_INFINITY || max == Float.POSITIVE_INFINITY) {
      min = Float.POSITIVE_INFINITY;
      max = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < elements; i++) {
        float value = values[i];
        if (finite(value)) {
          min = Math.min(min, value);
          max = Math.max(max, value);
        }
      }
    }
    if (min > max) {
      min = 0;
      max = 0;
    }
    LittleEndian.putFloat(side, 0, min);
    LittleEndian.putFloat(side, 4, max);
  }

  private static boolean finite(float value) {
    return Math.abs(value) <= Float.MAX_VALUE;
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
  public boolean decodePlanes(
      byte[] planes, int elements, byte[] side, float[] values, Scratch scratch) {
    float[] table = table(side, scratch);
    LevelPlanes levels = scratch.levels();
    for (int chunk = 0; chunk < elements; chunk += LevelPlanes.CHUNK) {
      int end = Math.min(elements, chunk + LevelPlanes.CHUNK);
      int bytes = (end - chunk + 7) / 8;
      levels.readPlanes(planes, (elements + 7) / 8, chunk / 8, bytes, 8, end - chunk);
      levels.get(values, chunk, end, table);
    }
    return true;
  }

  @Override
  public void decode(byte[] words, int elements, byte[] side, float[] values, Scratch scratch) {
    float[] table = table(side, scratch);
    for (int i = 0; i < elements; i++) {
      values[i] = table[words[i] & 0xFF];
    }
  }

  private static float[] table(byte[] side, Scratch scratch) {
    float min = LittleEndian.getFloat(side, 0);
    double step = range(side) / LEVELS;
    float[] table = scratch.table();
    for (int level = 0; level <= LEVELS; level++) {
      table[level] = (float) (min + level * step);
    }
    return table;
  }
}

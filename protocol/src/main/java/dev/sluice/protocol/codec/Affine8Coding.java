package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/**
 * 8-bit affine quantisation per tensor, bit planes, LZ4.
 *
 * <pre>
 *  0       4       8
 * +-------+-------+----------------------------------------------+
 * | min   | max   | LZ4 block of the 8 planes, or the planes     |
 * | f32le | f32le | themselves when that is not longer           |
 * +-------+-------+----------------------------------------------+
 * </pre>
 *
 * <p>With n elements, plane k is ceil(n/8) bytes: bit i%8 of byte i/8 is bit k of element i. Value
 * = min + q * (max - min) / 255. Planes that are not compressed are told by their length, 8 *
 * ceil(n/8), which a block never has. NaN and infinities take the nearer end of the finite range
 * (NaN the lower).
 */
final class Affine8Coding implements TensorCoding {
  private static final int HEADER_BYTES = 8;
  private static final int LEVELS = 255;

  @Override
  public int maxEncodedBytes(int elements) {
    return HEADER_BYTES + 8 * planeBytes(elements);
  }

  private static int planeBytes(int elements) {
    return (elements + 7) / 8;
  }

  @Override
  public int encode(float[] values, int[] shape, Scratch scratch) {
    int elements = Shapes.elements(shape);
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
    int planesBytes = 8 * planeBytes(elements);
    byte[] quantized = scratch.first(planesBytes);
    quantize(values, elements, min, max, quantized);
    for (int i = elements; i < planesBytes; i++) {
      quantized[i] = 0;
    }
    byte[] planes = scratch.second(planesBytes);
    BitPlanes.split(quantized, planes, planesBytes / 8);

    byte[] out = scratch.encoded();
    LittleEndian.putFloat(out, 0, min);
    LittleEndian.putFloat(out, 4, max);
    return HEADER_BYTES + Lossless.lz4(planes, planesBytes, out, HEADER_BYTES);
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
  public void decode(byte[] in, int bytes, float[] values, int[] shape, Scratch scratch)
      throws ProtocolException {
    int elements = Shapes.elements(shape);
    if (bytes <= HEADER_BYTES) {
      throw ProtocolException.malformedRequest("q8 payload ends within its header: " + bytes);
    }
    float min = LittleEndian.getFloat(in, 0);
    float max = LittleEndian.getFloat(in, 4);
    if (!finite(min) || !finite(max) || min > max) {
      throw ProtocolException.malformedRequest("q8 payload has range " + min + " to " + max);
    }
    int planesBytes = 8 * planeBytes(elements);
    byte[] planes = scratch.second(planesBytes);
    Lossless.unlz4(in, HEADER_BYTES, bytes - HEADER_BYTES, planes, planesBytes);
    byte[] quantized = scratch.first(planesBytes);
    BitPlanes.join(planes, quantized, planesBytes / 8);

    double step = ((double) max - min) / LEVELS;
    float[] table = new float[LEVELS + 1];
    for (int level = 0; level <= LEVELS; level++) {
      table[level] = (float) (min + level * step);
    }
    for (int i = 0; i < elements; i++) {
      values[i] = table[quantized[i] & 0xFF];
    }
  }
}

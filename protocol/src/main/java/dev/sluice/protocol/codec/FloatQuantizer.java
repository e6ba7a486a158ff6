package dev.sluice.protocol.codec;

/** Floats as they are or as half precision; no side bytes. */
final class FloatQuantizer implements Quantizer {
  private final int bits;

  /**
   * @param bits 32, bit-exact, or 16, to the nearest (ties to even), finite values saturating at
   *     65,504
   */
  FloatQuantizer(int bits) {
    this.bits = bits;
  }

  @Override
  public int bits() {
    return bits;
  }

  @Override
  public int maxSideBytes(int elements) {
    return 0;
  }

  @Override
  public int[] zeros() {
    return new int[0];
  }

  @Override
  public int encode(float[] values, int elements, byte[] words, byte[] side) {
    if (bits == 32) {
      for (int i = 0; i < elements; i++) {
        LittleEndian.putFloat(words, i * Float.BYTES, values[i]);
      }
    } else {
      for (int i = 0; i < elements; i++) {
        LittleEndian.putShort(words, i * Short.BYTES, half(values[i]));
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
    if (bits == 32) {
      for (int i = 0; i < elements; i++) {
        values[i] = LittleEndian.getFloat(words, i * Float.BYTES);
      }
    } else {
      for (int i = 0; i < elements; i++) {
        values[i] = single(LittleEndian.getShort(words, i * Short.BYTES));
      }
    }
  }

  private static final int MAX_HALF = 0x7BFF;
  private static final int INFINITY = 0x7C00;
  private static final int QUIET_NAN = 0x7E00;

  /** Adding it to a positive float below 2^-14 leaves the half's denormal bits lowest. */
  private static final float DENORMAL_MAGIC = 0.5f;

  /** Returns the nearest half's bits. */
  static short half(float value) {
    int raw = Float.floatToRawIntBits(value);
    int sign = (raw >>> 16) & 0x8000;
    int magnitude = raw & 0x7FFFFFFF;
    int half;
    if (magnitude >= 0x7F800000) {
      half = magnitude > 0x7F800000 ? QUIET_NAN : INFINITY;
    } else if (magnitude < 0x38800000) {
      float shifted = Float.intBitsToFloat(magnitude) + DENORMAL_MAGIC;
      half = Float.floatToRawIntBits(shifted) - Float.floatToRawIntBits(DENORMAL_MAGIC);
    } else {
      int odd = (magnitude >>> 13) & 1;
      half = Math.min(MAX_HALF, (magnitude - 0x38000000 + 0xFFF + odd) >>> 13);
    }
    return (short) (sign | half);
  }

  /** Returns the float with a half's value. */
  static float single(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half & 0x7C00;
    int fraction = half & 0x3FF;
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    int bits =
        exponent == INFINITY
            ? 0x7F800000 | (fraction << 13)
            : ((exponent | fraction) << 13) + 0x38000000;
    return Float.intBitsToFloat(sign | bits);
  }
}

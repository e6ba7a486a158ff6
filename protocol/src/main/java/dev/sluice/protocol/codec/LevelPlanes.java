package dev.sluice.protocol.codec;

/**
 * Levels of floats straight into bit planes and back, a chunk at a time in the first-level cache.
 * What {@link Layout#BIT_SHUFFLE} makes of words, in half the time.
 */
final class LevelPlanes {
  /** Floats of a chunk; a multiple of 8. */
  static final int CHUNK = 2048;

  /** Added to a float from 0 to 2^22, it leaves the nearest integer in the lowest bits. */
  private static final float MAGIC = 0x1p23f;

  private LevelPlanes() {}

  /**
   * Makes levels of some values, still as floats: the lowest byte of each one's bits is the level.
   * Loops over arrays of floats are what the compiler makes vector instructions of, which
   * conversions to integers are not.
   *
   * @param scale levels per value
   * @param offset the level of zero
   * @param top the highest level; NaN becomes 0
   */
  static void levels(
      float[] values,
      int from,
      int count,
      float scale,
      float offset,
      float top,
      float[] out,
      int to) {
    for (int i = 0; i < count; i++) {
      float level = values[from + i] * scale + offset;
      out[to + i] = Math.min(Math.max(level, 0f), top) + MAGIC;
    }
  }

  /**
   * Splits the levels of a chunk, eight at a time, into planes of {@code groups} bytes from byte
   * {@code at} on.
   */
  static void split(float[] levels, int count, int bits, byte[] planes, int groups, int at) {
    int whole = count & -8;
    int to = at;
    for (int i = 0; i < whole; i += 8, to++) {
      store(block(levels, i), bits, planes, groups, to);
    }
    if (whole < count) {
      long block = 0;
      for (int i = whole; i < count; i++) {
        block |= (Float.floatToRawIntBits(levels[i]) & 0xFFL) << (8 * (i - whole));
      }
      store(block, bits, planes, groups, to);
    }
  }

  private static long block(float[] levels, int at) {
    int low =
        (Float.floatToRawIntBits(levels[at]) & 0xFF)
            | (Float.floatToRawIntBits(levels[at + 1]) & 0xFF) << 8
            | (Float.floatToRawIntBits(levels[at + 2]) & 0xFF) << 16
            | Float.floatToRawIntBits(levels[at + 3]) << 24;
    int high =
        (Float.floatToRawIntBits(levels[at + 4]) & 0xFF)
            | (Float.floatToRawIntBits(levels[at + 5]) & 0xFF) << 8
            | (Float.floatToRawIntBits(levels[at + 6]) & 0xFF) << 16
            | Float.floatToRawIntBits(levels[at + 7]) << 24;
    return (low & 0xFFFFFFFFL) | (long) high << 32;
  }

  private static void store(long block, int bits, byte[] planes, int groups, int at) {
    long turned = BitPlanes.transpose(block);
    if (bits == 8) {
      planes[at] = (byte) turned;
      planes[at + groups] = (byte) (turned >>> 8);
      planes[at + 2 * groups] = (byte) (turned >>> 16);
      planes[at + 3 * groups] = (byte) (turned >>> 24);
      planes[at + 4 * groups] = (byte) (turned >>> 32);
      planes[at + 5 * groups] = (byte) (turned >>> 40);
      planes[at + 6 * groups] = (byte) (turned >>> 48);
      planes[at + 7 * groups] = (byte) (turned >>> 56);
    } else {
      for (int k = 0; k < bits; k++) {
        planes[at + k * groups] = (byte) (turned >>> (8 * k));
      }
    }
  }

  /**
   * Joins planes of {@code groups} bytes from byte {@code at} on into a chunk of levels, as floats.
   */
  static void join(byte[] planes, int groups, int at, int bits, float[] levels, int count) {
    int whole = count & -8;
    int from = at;
    for (int i = 0; i < whole; i += 8, from++) {
      long block = load(planes, groups, from, bits);
      levels[i] = block & 0xFF;
      levels[i + 1] = (block >>> 8) & 0xFF;
      levels[i + 2] = (block >>> 16) & 0xFF;
      levels[i + 3] = (block >>> 24) & 0xFF;
      levels[i + 4] = (block >>> 32) & 0xFF;
      levels[i + 5] = (block >>> 40) & 0xFF;
      levels[i + 6] = (block >>> 48) & 0xFF;
      levels[i + 7] = block >>> 56;
    }
    if (whole < count) {
      long block = load(planes, groups, from, bits);
      for (int i = whole; i < count; i++) {
        levels[i] = (block >>> (8 * (i - whole))) & 0xFF;
      }
    }
  }

  private static long load(byte[] planes, int groups, int at, int bits) {
    long block;
    if (bits == 8) {
      block =
          (planes[at] & 0xFFL)
              | (planes[at + groups] & 0xFFL) << 8
              | (planes[at + 2 * groups] & 0xFFL) << 16
              | (planes[at + 3 * groups] & 0xFFL) << 24
              | (planes[at + 4 * groups] & 0xFFL) << 32
              | (planes[at + 5 * groups] & 0xFFL) << 40
              | (planes[at + 6 * groups] & 0xFFL) << 48
              | (planes[at + 7 * groups] & 0xFFL) << 56;
    } else {
      block = 0;
      for (int k = 0; k < bits; k++) {
        block |= (planes[at + k * groups] & 0xFFL) << (8 * k);
      }
    }
    return BitPlanes.transpose(block);
  }
}

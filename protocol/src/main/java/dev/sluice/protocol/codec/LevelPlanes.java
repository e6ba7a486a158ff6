package dev.sluice.protocol.codec;

/**
 * Levels of floats straight into bit planes, and back: what {@link Layout#BIT_SHUFFLE} makes of
 * words, without the words. Eight levels at a time stay in registers.
 */
final class LevelPlanes {
  private LevelPlanes() {}

  /**
   * How floats of a run become levels: {@code (value - base) * scale + offset}, cut off and held in
   * {@code [0, top]}; NaN becomes 0.
   *
   * @param base taken off first
   * @param scale levels per value
   * @param offset the level of the base, and a half so that cutting off rounds
   * @param bits of a level
   */
  record Scale(float base, float scale, float offset, int bits) {
    int level(float value) {
      // Casting saturates and turns NaN to 0.
      int level = (int) ((value - base) * scale + offset);
      return Math.min((1 << bits) - 1, Math.max(0, level));
    }
  }

  /**
   * Splits a run's whole groups of eight into planes.
   *
   * @param from first value, a multiple of 8
   * @param to end of the run; values of a group that goes beyond it are left out
   * @param groups bytes of a plane
   * @return the first value left out
   */
  static int split(float[] values, int from, int to, Scale how, byte[] planes, int groups) {
    float base = how.base();
    float scale = how.scale();
    float offset = how.offset();
    int bits = how.bits();
    int top = (1 << bits) - 1;
    int i = from;
    for (; i + 8 <= to; i += 8) {
      int low =
          level(values[i], base, scale, offset, top)
              | level(values[i + 1], base, scale, offset, top) << 8
              | level(values[i + 2], base, scale, offset, top) << 16
              | level(values[i + 3], base, scale, offset, top) << 24;
      int high =
          level(values[i + 4], base, scale, offset, top)
              | level(values[i + 5], base, scale, offset, top) << 8
              | level(values[i + 6], base, scale, offset, top) << 16
              | level(values[i + 7], base, scale, offset, top) << 24;
      store((low & 0xFFFFFFFFL) | (long) high << 32, bits, planes, groups, i >> 3);
    }
    return i;
  }

  private static int level(float value, float base, float scale, float offset, int top) {
    int level = (int) ((value - base) * scale + offset);
    return Math.min(top, Math.max(0, level));
  }

  /** Stores the planes of eight levels, the first in the lowest byte. */
  static void store(long block, int bits, byte[] planes, int groups, int at) {
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
   * Joins the planes of a run's whole groups of eight: value = (level - zero) * step.
   *
   * @return the first value left out; see {@link #split}
   */
  static int join(
      byte[] planes, int groups, int bits, int zero, float step, float[] values, int from, int to) {
    int i = from;
    for (; i + 8 <= to; i += 8) {
      long block = load(planes, groups, i >> 3, bits);
      values[i] = (((int) block & 0xFF) - zero) * step;
      values[i + 1] = (((int) (block >>> 8) & 0xFF) - zero) * step;
      values[i + 2] = (((int) (block >>> 16) & 0xFF) - zero) * step;
      values[i + 3] = (((int) (block >>> 24) & 0xFF) - zero) * step;
      values[i + 4] = (((int) (block >>> 32) & 0xFF) - zero) * step;
      values[i + 5] = (((int) (block >>> 40) & 0xFF) - zero) * step;
      values[i + 6] = (((int) (block >>> 48) & 0xFF) - zero) * step;
      values[i + 7] = ((int) (block >>> 56) - zero) * step;
    }
    return i;
  }

  /** Joins planes of 8 bits by a table of 256 values. */
  static void join(byte[] planes, int groups, float[] table, float[] values, int count) {
    int whole = count & -8;
    for (int i = 0; i < whole; i += 8) {
      long block = load(planes, groups, i >> 3, 8);
      values[i] = table[(int) block & 0xFF];
      values[i + 1] = table[(int) (block >>> 8) & 0xFF];
      values[i + 2] = table[(int) (block >>> 16) & 0xFF];
      values[i + 3] = table[(int) (block >>> 24) & 0xFF];
      values[i + 4] = table[(int) (block >>> 32) & 0xFF];
      values[i + 5] = table[(int) (block >>> 40) & 0xFF];
      values[i + 6] = table[(int) (block >>> 48) & 0xFF];
      values[i + 7] = table[(int) (block >>> 56)];
    }
    for (int i = whole; i < count; i++) {
      values[i] = table[level(planes, groups, 8, i)];
    }
  }

  /** Returns one level. */
  static int level(byte[] planes, int groups, int bits, int index) {
    return (int) (load(planes, groups, index >> 3, bits) >>> (8 * (index & 7))) & 0xFF;
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

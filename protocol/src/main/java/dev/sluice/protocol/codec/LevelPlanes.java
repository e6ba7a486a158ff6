package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * Levels of floats into bit planes, and back: what {@link Layout#BIT_SHUFFLE} makes of words,
 * without the words.
 *
 * <p>A chunk at a time, so that it stays in the first-level cache. Eight levels are one block, a
 * long; block g of a chunk of m octets of blocks stands at {@code g % 8 * m + g / 8}. So all blocks
 * are turned from levels to planes (see {@link BitPlanes}) and then bytes exchanged between blocks
 * until row k holds plane k, by loops over whole rows, of which the compiler makes vector
 * instructions. Used by one thread.
 */
final class LevelPlanes {
  /** Values of a chunk. */
  static final int CHUNK = 4096;

  /** One in so many is hardly any. */
  private static final int FEW = 50;

  /** Adding 2^23 rounds a smaller number to the nearest integer, even at ties. */
  private static final float ROUNDER = 0x1p23f;

  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);

  private final long[] blocks = new long[CHUNK / 8];

  /** Levels of the present chunk's values, each behind {@link #ROUNDER}'s exponent. */
  private final float[] rounded = new float[CHUNK];

  /** Octets of blocks of the present chunk. */
  private int octets;

  /** By plane, how many of its octets of bytes have equal halves, of how many. */
  private final int[] repeats = new int[8];

  private int looked;

  /**
   * How floats become levels: {@code (value - base) * scale + zero}, rounded to the nearest and
   * held in {@code [0, 2^bits - 1]}; NaN becomes 0.
   *
   * @param base taken off first
   * @param scale levels per value
   * @param zero the level of the base
   * @param bits of a level
   */
  record Scale(float base, float scale, int zero, int bits) {
    int level(float value) {
      return LevelPlanes.level(value, base, scale, zero, bits);
    }
  }

  /** Returns the level of one value; see {@link Scale}. */
  static int level(float value, float base, float scale, int zero, int bits) {
    return clip(Math.max(-zero, (value - base) * scale) + (ROUNDER + zero), (1 << bits) - 1);
  }

  /** Returns the level of what was rounded, which is not below 0. */
  private static int clip(float rounded, int top) {
    int level = Float.floatToRawIntBits(rounded) - ROUNDER_BITS;
    return Float.isNaN(rounded) ? 0 : Math.min(top, level);
  }

  /** Begins the planes of a tensor. */
  void beginPlanes() {
    Arrays.fill(repeats, 0);
    looked = 0;
  }

  /**
   * Returns how many of the planes written last, the lowest first, have hardly any repetitions, so
   * that looking for matches in them is in vain.
   */
  int noisyPlanes(int bits) {
    int noisy = 0;
    while (noisy < bits && FEW * repeats[noisy] < looked) {
      noisy++;
    }
    return noisy;
  }

  /** Begins a chunk of so many values. */
  void begin(int values) {
    octets = (values + 63) / 64;
    if (values < 64 * octets) {
      Arrays.fill(blocks, 0, 8 * octets, 0);
    }
  }

  private int place(int block) {
    return (block & 7) * octets + (block >> 3);
  }

  /**
   * Sets one level of a chunk that {@link #begin} cleared or in a block that {@link #clear} did.
   */
  void set(int index, int level) {
    blocks[place(index >> 3)] |= (long) level << (8 * (index & 7));
  }

  void clear(int block) {
    blocks[place(block)] = 0;
  }

  /** Returns one level of a chunk that was turned back. */
  int get(int index) {
    return (int) (blocks[place(index >> 3)] >>> (8 * (index & 7))) & 0xFF;
  }

  /**
   * Sets the levels of whole blocks.
   *
   * @param chunk the value that the chunk begins with
   * @param from the first value, that of a block
   * @param to end of the values; a block that goes beyond is left out
   * @return the first value left out
   */
  int set(float[] values, int chunk, int from, int to, Scale how) {
    return set(values, chunk, from, to, how.base(), how.scale(), how.zero(), how.bits());
  }

  /** Does the same with a {@link Scale}'s numbers, where there is none. */
  int set(
      float[] values, int chunk, int from, int to, float base, float scale, int zero, int bits) {
    int top = (1 << bits) - 1;
    float[] floats = rounded;
    int begin = from - chunk;
    int end = begin + ((to - from) & -8);
    System.arraycopy(values, from, floats, begin, end - begin);
    round(floats, begin, end, base, scale, zero);
    for (int i = begin; i < end; i += 8) {
      int a = Float.floatToRawIntBits(floats[i]);
      int b = Float.floatToRawIntBits(floats[i + 1]);
      int c = Float.floatToRawIntBits(floats[i + 2]);
      int d = Float.floatToRawIntBits(floats[i + 3]);
      int e = Float.floatToRawIntBits(floats[i + 4]);
      int f = Float.floatToRawIntBits(floats[i + 5]);
      int g = Float.floatToRawIntBits(floats[i + 6]);
      int h = Float.floatToRawIntBits(floats[i + 7]);
      if (((a | b | c | d | e | f | g | h) & ~top) != ROUNDER_BITS) {
        // Rare enough to be foreseen.
        a = clip(floats[i], top);
        b = clip(floats[i + 1], top);
        c = clip(floats[i + 2], top);
        d = clip(floats[i + 3], top);
        e = clip(floats[i + 4], top);
        f = clip(floats[i + 5], top);
        g = clip(floats[i + 6], top);
        h = clip(floats[i + 7], top);
      }
      // Shifting drops the exponents of all but two.
      int low = (a & 0xFF) | b << 8 | c << 16 | d << 24;
      int high = (e & 0xFF) | f << 8 | g << 16 | h << 24;
      blocks[place(i >> 3)] = (low & 0xFFFFFFFFL) | (long) high << 32;
    }
    return chunk + end;
  }

  /**
   * Rounds in place: the compiler makes vector instructions of this, but none of conversions to
   * integers, nor where input and output begin at different places.
   */
  private static void round(float[] floats, int from, int to, float base, float scale, int zero) {
    float lowest = -zero;
    float rounder = ROUNDER + zero;
    for (int i = from; i < to; i++) {
      floats[i] = Math.max(lowest, (floats[i] - base) * scale) + rounder;
    }
  }

  /** Reads whole blocks: value = (level - zero) * step; see {@link #set}. */
  int get(float[] values, int chunk, int from, int to, int zero, float step) {
    int i = from;
    for (; i + 8 <= to; i += 8) {
      long block = blocks[place((i - chunk) >> 3)];
      int low = (int) block;
      int high = (int) (block >>> 32);
      values[i] = ((low & 0xFF) - zero) * step;
      values[i + 1] = (((low >>> 8) & 0xFF) - zero) * step;
      values[i + 2] = (((low >>> 16) & 0xFF) - zero) * step;
      values[i + 3] = ((low >>> 24) - zero) * step;
      values[i + 4] = ((high & 0xFF) - zero) * step;
      values[i + 5] = (((high >>> 8) & 0xFF) - zero) * step;
      values[i + 6] = (((high >>> 16) & 0xFF) - zero) * step;
      values[i + 7] = ((high >>> 24) - zero) * step;
    }
    return i;
  }

  /** Reads values by a table of 256. */
  void get(float[] values, int chunk, int to, float[] table) {
    int i = chunk;
    for (; i + 8 <= to; i += 8) {
      long block = blocks[place((i - chunk) >> 3)];
      int low = (int) block;
      int high = (int) (block >>> 32);
      values[i] = table[low & 0xFF];
      values[i + 1] = table[(low >>> 8) & 0xFF];
      values[i + 2] = table[(low >>> 16) & 0xFF];
      values[i + 3] = table[low >>> 24];
      values[i + 4] = table[high & 0xFF];
      values[i + 5] = table[(high >>> 8) & 0xFF];
      values[i + 6] = table[(high >>> 16) & 0xFF];
      values[i + 7] = table[high >>> 24];
    }
    for (; i < to; i++) {
      values[i] = table[get(i - chunk)];
    }
  }

  /**
   * Ends a chunk whose levels are set: writes its part of the planes.
   *
   * @param groups bytes of a plane
   * @param at where in its plane the chunk begins
   * @param count bytes of the chunk in each plane
   */
  void writePlanes(byte[] planes, int groups, int at, int count, int bits) {
    turn(blocks, 8 * octets);
    exchange();
    for (int k = 0; k < bits; k++) {
      int to = k * groups + at;
      int row = k * octets;
      int same = 0;
      for (int i = 0; i < count >> 3; i++) {
        long octet = blocks[row + i];
        LittleEndian.putLong(planes, to + 8 * i, octet);
        same += (int) octet == (int) (octet >>> 32) ? 1 : 0;
      }
      repeats[k] += same;
      for (int i = count & -8; i < count; i++) {
        planes[to + i] = (byte) (blocks[row + (i >> 3)] >>> (8 * (i & 7)));
      }
    }
    looked += count >> 3;
  }

  /** Begins a chunk of so many values with its part of the planes; see {@link #writePlanes}. */
  void readPlanes(byte[] planes, int groups, int at, int count, int bits, int values) {
    octets = (values + 63) / 64;
    Arrays.fill(blocks, bits * octets, 8 * octets, 0);
    for (int k = 0; k < bits; k++) {
      int from = k * groups + at;
      int row = k * octets;
      for (int i = 0; i < count >> 3; i++) {
        blocks[row + i] = LittleEndian.getLong(planes, from + 8 * i);
      }
      if ((count & 7) != 0) {
        long rest = 0;
        for (int i = count & -8; i < count; i++) {
          rest |= (planes[from + i] & 0xFFL) << (8 * (i & 7));
        }
        blocks[row + (count >> 3)] = rest;
      }
    }
    exchange();
    turn(blocks, 8 * octets);
  }

  private static void turn(long[] blocks, int count) {
    for (int i = 0; i < count; i++) {
      long x = blocks[i];
      long swap = (x ^ (x >>> 7)) & 0x00AA00AA00AA00AAL;
      x ^= swap ^ (swap << 7);
      swap = (x ^ (x >>> 14)) & 0x0000CCCC0000CCCCL;
      x ^= swap ^ (swap << 14);
      swap = (x ^ (x >>> 28)) & 0x00000000F0F0F0F0L;
      blocks[i] = x ^ swap ^ (swap << 28);
    }
  }

  /** Exchanges byte i of row k with byte k of row i, in each octet. */
  private void exchange() {
    for (int row = 0; row < 4; row++) {
      exchange(blocks, row * octets, (row + 4) * octets, octets, 32, 0xFFFFFFFFL);
    }
    for (int row = 0; row < 8; row += row % 4 == 1 ? 3 : 1) {
      exchange(blocks, row * octets, (row + 2) * octets, octets, 16, 0x0000FFFF0000FFFFL);
    }
    for (int row = 0; row < 8; row += 2) {
      exchange(blocks, row * octets, (row + 1) * octets, octets, 8, 0x00FF00FF00FF00FFL);
    }
  }

  private static void exchange(
      long[] blocks, int lower, int upper, int count, int shift, long mask) {
    for (int i = 0; i < count; i++) {
      long swap = ((blocks[lower + i] >>> shift) ^ blocks[upper + i]) & mask;
      blocks[lower + i] ^= swap << shift;
      blocks[upper + i] ^= swap;
    }
  }
}

package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;
import java.util.Arrays;

/**
 * How words stand in the block that the lossless stage takes: the second part of a codec's text.
 *
 * <p>A word has {@code bits} bits and stands, little-endian, in {@code ceil(bits / 8)} bytes of the
 * word array, unused bits 0. <em>Packed</em> words follow each other without gaps, low bits first;
 * {@code bytewise} (before Zstandard, whose entropy coder counts bytes) they keep whole bytes.
 */
enum Layout {
  /** Packed words. */
  AS_IS("") {
    @Override
    int maxBlockBytes(int elements, int bits, boolean bytewise) {
      return packedBytes(elements, bits, bytewise);
    }

    @Override
    int pack(byte[] words, Plan plan, byte[] block) {
      packWords(words, 0, plan.elements, plan.bits, plan.bytewise, block, 0);
      return packedBytes(plan.elements, plan.bits, plan.bytewise);
    }

    @Override
    void unpack(byte[] block, int nonZeros, Plan plan, byte[] words) throws ProtocolException {
      unpackWords(block, 0, plan.elements, plan.bits, plan.bytewise, words, 0);
    }
  },
  /** The words' first bytes, then their second ones and so on. */
  BYTE_SHUFFLE("byteshuffle") {
    @Override
    int maxBlockBytes(int elements, int bits, boolean bytewise) {
      return elements * (bits / 8);
    }

    @Override
    int pack(byte[] words, Plan plan, byte[] block) {
      int width = plan.bits / 8;
      for (int k = 0; k < width; k++) {
        for (int i = 0; i < plan.elements; i++) {
          block[k * plan.elements + i] = words[i * width + k];
        }
      }
      return plan.elements * width;
    }

    @Override
    void unpack(byte[] block, int nonZeros, Plan plan, byte[] words) {
      int width = plan.bits / 8;
      for (int k = 0; k < width; k++) {
        for (int i = 0; i < plan.elements; i++) {
          words[i * width + k] = block[k * plan.elements + i];
        }
      }
    }
  },
  /** One plane of {@code ceil(n / 8)} bytes for each bit, the lowest first. */
  BIT_SHUFFLE("bitshuffle") {
    @Override
    int maxBlockBytes(int elements, int bits, boolean bytewise) {
      return bits * ((elements + 7) / 8);
    }

    @Override
    int pack(byte[] words, Plan plan, byte[] block) {
      int groups = (plan.elements + 7) / 8;
      int width = (plan.bits + 7) / 8;
      Arrays.fill(words, plan.elements * width, 8 * groups * width, (byte) 0);
      for (int k = 0; k < width; k++) {
        BitPlanes.split(
            words, k, width, groups, Math.min(8, plan.bits - 8 * k), block, 8 * k * groups);
      }
      return plan.bits * groups;
    }

    @Override
    void unpack(byte[] block, int nonZeros, Plan plan, byte[] words) {
      int groups = (plan.elements + 7) / 8;
      int width = (plan.bits + 7) / 8;
      for (int k = 0; k < width; k++) {
        BitPlanes.join(
            block, 8 * k * groups, groups, Math.min(8, plan.bits - 8 * k), words, k, width);
      }
    }
  },
  /**
   * Packed differences modulo {@code 2^bits}: each word less the one on its left, the first of a
   * row less the one above, the first of a channel as it is.
   */
  DELTA("delta") {
    @Override
    int maxBlockBytes(int elements, int bits, boolean bytewise) {
      return packedBytes(elements, bits, bytewise);
    }

    @Override
    int pack(byte[] words, Plan plan, byte[] block) {
      int mask = (1 << plan.bits) - 1;
      for (int end = plan.elements; end > 0; end -= plan.columns) {
        int row = end - plan.columns;
        for (int i = end - 1; i > row; i--) {
          words[i] = (byte) ((words[i] - words[i - 1]) & mask);
        }
        if (row % plan.plane != 0) {
          words[row] = (byte) ((words[row] - words[row - plan.columns]) & mask);
        }
      }
      return AS_IS.pack(words, plan, block);
    }

    @Override
    void unpack(byte[] block, int nonZeros, Plan plan, byte[] words) throws ProtocolException {
      AS_IS.unpack(block, nonZeros, plan, words);
      int mask = (1 << plan.bits) - 1;
      for (int row = 0; row < plan.elements; row += plan.columns) {
        if (row % plan.plane != 0) {
          words[row] = (byte) ((words[row] + words[row - plan.columns]) & mask);
        }
        for (int i = row + 1; i < row + plan.columns; i++) {
          words[i] = (byte) ((words[i] + words[i - 1]) & mask);
        }
      }
    }
  },
  /**
   * A map of {@code ceil(n / 8)} bytes, bit i%8 of byte i/8 set where word i stands for no zero,
   * then those words, packed.
   */
  ZERO_MAP("zeromap") {
    @Override
    int maxBlockBytes(int elements, int bits, boolean bytewise) {
      return (elements + 7) / 8 + packedBytes(elements, bits, bytewise);
    }

    @Override
    int pack(byte[] words, Plan plan, byte[] block) {
      int mapBytes = (plan.elements + 7) / 8;
      Arrays.fill(block, 0, mapBytes, (byte) 0);
      int width = (plan.bits + 7) / 8;
      int nonZeros = 0;
      for (int i = 0; i < plan.elements; i++) {
        int zero = plan.zeroOf(i);
        if (width == 1) {
          if ((words[i] & 0xFF) != zero) {
            block[i >> 3] |= (byte) (1 << (i & 7));
            words[nonZeros++] = words[i];
          }
        } else {
          int any = 0;
          for (int k = 0; k < width; k++) {
            any |= words[i * width + k];
          }
          if (any != 0) {
            block[i >> 3] |= (byte) (1 << (i & 7));
            System.arraycopy(words, i * width, words, nonZeros * width, width);
            nonZeros++;
          }
        }
      }
      packWords(words, 0, nonZeros, plan.bits, plan.bytewise, block, mapBytes);
      plan.nonZeros = nonZeros;
      return mapBytes + packedBytes(nonZeros, plan.bits, plan.bytewise);
    }

    @Override
    void unpack(byte[] block, int nonZeros, Plan plan, byte[] words) throws ProtocolException {
      int mapBytes = (plan.elements + 7) / 8;
      int marked = 0;
      for (int i = 0; i < mapBytes; i++) {
        marked += Integer.bitCount(block[i] & 0xFF);
      }
      int padding = 8 * mapBytes - plan.elements;
      if (marked != nonZeros || (block[mapBytes - 1] & 0xFF) >>> (8 - padding) != 0) {
        throw ProtocolException.malformedRequest(
            "map marks " + marked + " values, " + nonZeros + " were announced");
      }
      int width = (plan.bits + 7) / 8;
      // The packed words go to the array's end, from where they are spread without overtaking.
      int from = plan.elements - nonZeros;
      unpackWords(block, mapBytes, nonZeros, plan.bits, plan.bytewise, words, from);
      for (int i = 0; i < plan.elements; i++) {
        boolean marks = (block[i >> 3] >> (i & 7) & 1) != 0;
        if (width == 1) {
          words[i] = marks ? words[from++] : (byte) plan.zeroOf(i);
        } else {
          for (int k = 0; k < width; k++) {
            words[i * width + k] = marks ? words[from * width + k] : 0;
          }
          from += marks ? 1 : 0;
        }
      }
    }
  };

  /** What a layout must know of the tensor; reused by one thread. */
  static final class Plan {
    int elements;
    int bits;
    boolean bytewise;
    int columns;
    int plane;

    /** The words that stand for zero, by channel; one entry for all, or none for 0. */
    int[] zeros = {};

    /** Set by the zero map: how many words it kept. */
    int nonZeros;

    int zeroOf(int element) {
      return zeros.length == 0 ? 0 : zeros.length == 1 ? zeros[0] : zeros[element / plane];
    }
  }

  private final String text;

  Layout(String text) {
    this.text = text;
  }

  /** Returns the part of the codec's text; empty for as is. */
  String text() {
    return text;
  }

  /** Returns the most bytes of a block of so many words. */
  abstract int maxBlockBytes(int elements, int bits, boolean bytewise);

  /**
   * Lays words out; may change the word array, which has room for a multiple of 8 words.
   *
   * @return the block's bytes
   */
  abstract int pack(byte[] words, Plan plan, byte[] block);

  /**
   * Undoes {@link #pack} for a block of the right length.
   *
   * @param nonZeros what the zero map announced; without meaning to the others
   * @throws ProtocolException if the block contradicts itself
   */
  abstract void unpack(byte[] block, int nonZeros, Plan plan, byte[] words)
      throws ProtocolException;

  /** Returns the bytes of so many packed words. */
  static int packedBytes(int words, int bits, boolean bytewise) {
    return bytewise || bits >= 8 ? words * ((bits + 7) / 8) : (int) ((words * (long) bits + 7) / 8);
  }

  private static void packWords(
      byte[] words, int from, int count, int bits, boolean bytewise, byte[] block, int at) {
    if (bytewise || bits >= 8) {
      int width = (bits + 7) / 8;
      System.arraycopy(words, from * width, block, at, count * width);
      return;
    }
    int filled = 0;
    int held = 0;
    int to = at;
    for (int i = from; i < from + count; i++) {
      held |= (words[i] & 0xFF) << filled;
      filled += bits;
      if (filled >= 8) {
        block[to++] = (byte) held;
        held >>>= 8;
        filled -= 8;
      }
    }
    if (filled > 0) {
      block[to] = (byte) held;
    }
  }

  private static void unpackWords(
      byte[] block, int at, int count, int bits, boolean bytewise, byte[] words, int to)
      throws ProtocolException {
    int mask = (1 << bits) - 1;
    if (bytewise || bits >= 8) {
      int width = (bits + 7) / 8;
      System.arraycopy(block, at, words, to * width, count * width);
      if (bits < 8) {
        int any = 0;
        for (int i = to; i < to + count; i++) {
          any |= words[i] & 0xFF;
        }
        if (any > mask) {
          throw ProtocolException.malformedRequest("a value of " + bits + " bits needs more");
        }
      }
      return;
    }
    int filled = 0;
    int held = 0;
    int from = at;
    for (int i = to; i < to + count; i++) {
      if (filled < bits) {
        held |= (block[from++] & 0xFF) << filled;
        filled += 8;
      }
      words[i] = (byte) (held & mask);
      held >>>= bits;
      filled -= bits;
    }
  }
}

package dev.sluice.protocol.codec;

/**
 * Bit k of all bytes side by side: high bits of smooth data become long runs, which LZ4 likes.
 * Eight bytes are an 8×8 bit matrix, transposed by three swaps of ever larger blocks (Warren,
 * "Hacker's Delight", 2nd edition, section 7-3).
 */
final class BitPlanes {
  private BitPlanes() {}

  /**
   * Splits bytes {@code from, from + stride, …}, eight for each group, into their lowest planes of
   * {@code groups} bytes each.
   */
  static void split(
      byte[] bytes, int from, int stride, int groups, int planes, byte[] out, int at) {
    for (int g = 0; g < groups; g++) {
      long block;
      if (stride == 1) {
        block = LittleEndian.getLong(bytes, from + 8 * g);
      } else {
        block = 0;
        for (int i = 0; i < 8; i++) {
          block |= (bytes[from + (8 * g + i) * stride] & 0xFFL) << (8 * i);
        }
      }
      block = transpose(block);
      for (int k = 0; k < planes; k++) {
        out[at + k * groups + g] = (byte) (block >>> (8 * k));
      }
    }
  }

  /** Undoes {@link #split}; bits of planes that are not there become 0. */
  static void join(byte[] in, int at, int groups, int planes, byte[] bytes, int to, int stride) {
    for (int g = 0; g < groups; g++) {
      long block = 0;
      for (int k = 0; k < planes; k++) {
        block |= (in[at + k * groups + g] & 0xFFL) << (8 * k);
      }
      block = transpose(block);
      for (int i = 0; i < 8; i++) {
        bytes[to + (8 * g + i) * stride] = (byte) (block >>> (8 * i));
      }
    }
  }

  /** Swaps bit i of byte k with bit k of byte i. */
  static long transpose(long x) {
    long swap = (x ^ (x >>> 7)) & 0x00AA00AA00AA00AAL;
    x ^= swap ^ (swap << 7);
    swap = (x ^ (x >>> 14)) & 0x0000CCCC0000CCCCL;
    x ^= swap ^ (swap << 14);
    swap = (x ^ (x >>> 28)) & 0x00000000F0F0F0F0L;
    return x ^ swap ^ (swap << 28);
  }
}

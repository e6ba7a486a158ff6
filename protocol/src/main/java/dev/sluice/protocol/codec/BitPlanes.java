package dev.sluice.protocol.codec;

/**
 * Bit k of all bytes side by side: high bits of smooth data become long runs, which LZ4 likes.
 * Eight bytes are an 8×8 bit matrix, transposed by three swaps of ever larger blocks (Warren,
 * "Hacker's Delight", 2nd edition, section 7-3).
 */
final class BitPlanes {
  private BitPlanes() {}

  /** Splits {@code 8 * groups} bytes into 8 planes of {@code groups} bytes. */
  static void split(byte[] bytes, byte[] planes, int groups) {
    for (int g = 0; g < groups; g++) {
      long block = transpose(LittleEndian.getLong(bytes, 8 * g));
      planes[g] = (byte) block;
      planes[g + groups] = (byte) (block >>> 8);
      planes[g + 2 * groups] = (byte) (block >>> 16);
      planes[g + 3 * groups] = (byte) (block >>> 24);
      planes[g + 4 * groups] = (byte) (block >>> 32);
      planes[g + 5 * groups] = (byte) (block >>> 40);
      planes[g + 6 * groups] = (byte) (block >>> 48);
      planes[g + 7 * groups] = (byte) (block >>> 56);
    }
  }

  /** Undoes {@link #split}. */
  static void join(byte[] planes, byte[] bytes, int groups) {
    for (int g = 0; g < groups; g++) {
      long block = 0;
      for (int k = 0; k < 8; k++) {
        block |= (planes[g + k * groups] & 0xFFL) << (8 * k);
      }
      block = transpose(block);
      for (int i = 0; i < 8; i++) {
        bytes[8 * g + i] = (byte) (block >>> (8 * i));
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

package dev.sluice.protocol.codec;

import java.util.Arrays;
import java.util.List;
import javax.imageio.plugins.jpeg.JPEGHuffmanTable;

/**
 * The scan of a baseline JPEG before its Huffman codes are chosen: symbols with the bits that
 * follow them, and how often each symbol occurs.
 *
 * <p>Not thread-safe.
 */
final class JpegSymbols {
  /** The codes of T.81, annex K.3: luminance DC, luminance AC, colour DC, colour AC. */
  static final List<JpegHuffman> STANDARD_CODES =
      List.of(
          JpegHuffman.of(JPEGHuffmanTable.StdDCLuminance),
          JpegHuffman.of(JPEGHuffmanTable.StdACLuminance),
          JpegHuffman.of(JPEGHuffmanTable.StdDCChrominance),
          JpegHuffman.of(JPEGHuffmanTable.StdACChrominance));

  private static final int CODES = 4;
  private static final int SYMBOL_BITS = 8;

  /** Number of the code and symbol. */
  private static final int KEY_BITS = 2 + SYMBOL_BITS;

  private static final int KEYS = CODES << SYMBOL_BITS;
  private static final int LENGTH_BITS = 5;
  private static final int END_OF_BLOCK = 0;
  private static final int SIXTEEN_ZEROS = 0xF0;

  /** A key, and from {@link #KEY_BITS} on the bits that follow the symbol. */
  private int[] symbols;

  private int size;
  private final int[] counts = new int[KEYS];

  /**
   * Makes an empty scan.
   *
   * @param expected how many symbols to make room for at first
   */
  JpegSymbols(int expected) {
    symbols = new int[Math.max(expected, ForwardDct.SAMPLES)];
  }

  /**
   * Adds a block.
   *
   * @param levels quantised coefficients by rising frequency
   * @param before the DC level of the component's block before, or 0
   * @param colour whether the codes for colour are used
   */
  void add(int[] levels, int before, boolean colour) {
    makeRoom();
    int dcCode = colour ? 2 << SYMBOL_BITS : 0;
    int acCode = dcCode + (1 << SYMBOL_BITS);
    addLevel(dcCode, levels[0] - before);
    long present = 0;
    for (int k = 1; k < ForwardDct.SAMPLES; k++) {
      int level = levels[k];
      present |= (long) ((level | -level) >>> 31) << k;
    }
    int last = 0;
    while (present != 0) {
      int k = Long.numberOfTrailingZeros(present);
      present &= present - 1;
      int zeros = k - last - 1;
      for (; zeros >= 16; zeros -= 16) {
        addKey(acCode | SIXTEEN_ZEROS, 0);
      }
      addLevel(acCode | zeros << 4, levels[k]);
      last = k;
    }
    if (last < ForwardDct.SAMPLES - 1) {
      addKey(acCode | END_OF_BLOCK, 0);
    }
  }

  /** Adds a block of the DC level of the one before and nothing else. */
  void addFlat(boolean colour) {
    makeRoom();
    int dcCode = colour ? 2 << SYMBOL_BITS : 0;
    addKey(dcCode, 0);
    addKey(dcCode + (1 << SYMBOL_BITS) | END_OF_BLOCK, 0);
  }

  private void makeRoom() {
    if (symbols.length - size < ForwardDct.SAMPLES) {
      symbols = Arrays.copyOf(symbols, 2 * symbols.length);
    }
  }

  /**
   * A level of so many bits is written as the number of bits, then as itself or, if negative, less
   * 1.
   */
  private void addLevel(int key, int level) {
    int bits = 32 - Integer.numberOfLeadingZeros(Math.abs(level));
    addKey(key | bits, (level + (level >> 31)) & ((1 << bits) - 1));
  }

  private void addKey(int key, int bits) {
    symbols[size++] = key | bits << KEY_BITS;
    counts[key]++;
  }

  /** Returns the codes that suit these symbols best, in the order of {@link #STANDARD_CODES}. */
  List<JpegHuffman> optimalCodes() {
    return List.of(
        JpegHuffman.optimal(counts, 0),
        JpegHuffman.optimal(counts, 1 << SYMBOL_BITS),
        JpegHuffman.optimal(counts, 2 << SYMBOL_BITS),
        JpegHuffman.optimal(counts, 3 << SYMBOL_BITS));
  }

  /** Returns the bytes of the scan with some codes, less the zeros behind bytes of ones. */
  long leastBytes(List<JpegHuffman> codes) {
    return (bits(codes) + 7) / 8;
  }

  private long bits(List<JpegHuffman> codes) {
    long bits = 0;
    for (int key = 0; key < KEYS; key++) {
      if (counts[key] > 0) {
        int symbol = key & 0xFF;
        bits += (long) counts[key] * (codes.get(key >> SYMBOL_BITS).length(symbol) + (symbol & 15));
      }
    }
    return bits;
  }

  /** Returns the bytes of the scan. */
  byte[] scan(List<JpegHuffman> codes) {
    int[] table = new int[KEYS];
    for (int key = 0; key < KEYS; key++) {
      JpegHuffman code = codes.get(key >> SYMBOL_BITS);
      int symbol = key & 0xFF;
      table[key] = code.code(symbol) << LENGTH_BITS | (code.length(symbol) + (symbol & 15));
    }
    JpegBits out = new JpegBits(leastBytes(codes));
    for (int i = 0; i < size; i++) {
      int symbol = symbols[i];
      int key = symbol & (KEYS - 1);
      int entry = table[key];
      int code = entry >>> LENGTH_BITS << (key & 15) | symbol >>> KEY_BITS;
      out.put(code, entry & ((1 << LENGTH_BITS) - 1));
    }
    return out.finish();
  }
}

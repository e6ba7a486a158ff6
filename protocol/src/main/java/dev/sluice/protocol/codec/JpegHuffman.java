package dev.sluice.protocol.codec;

import java.util.Arrays;
import javax.imageio.plugins.jpeg.JPEGHuffmanTable;

/**
 * A Huffman code of a baseline JPEG: how many codes have each length, and their symbols from the
 * shortest code to the longest (ITU-T T.81, annex C). Immutable.
 */
final class JpegHuffman {
  private static final int MAX_LENGTH = 16;
  private static final int SYMBOLS = 256;

  /** Stands for the code of ones only, which T.81 leaves unused. */
  private static final int RESERVED = SYMBOLS;

  private final byte[] bytes;
  private final int[] codes = new int[SYMBOLS];
  private final int[] lengths = new int[SYMBOLS];

  private JpegHuffman(int[] counts, byte[] symbols) {
    bytes = new byte[MAX_LENGTH + symbols.length];
    System.arraycopy(symbols, 0, bytes, MAX_LENGTH, symbols.length);
    int code = 0;
    int next = 0;
    for (int length = 1; length <= MAX_LENGTH; length++) {
      bytes[length - 1] = (byte) counts[length];
      for (int i = 0; i < counts[length]; i++) {
        int symbol = symbols[next++] & 0xFF;
        codes[symbol] = code++;
        lengths[symbol] = length;
      }
      code <<= 1;
    }
  }

  /** Returns one of the standard codes. */
  static JpegHuffman of(JPEGHuffmanTable table) {
    int[] counts = new int[MAX_LENGTH + 1];
    short[] given = table.getLengths();
    for (int i = 0; i < given.length; i++) {
      counts[i + 1] = given[i];
    }
    short[] values = table.getValues();
    byte[] symbols = new byte[values.length];
    for (int i = 0; i < symbols.length; i++) {
      symbols[i] = (byte) values[i];
    }
    return new JpegHuffman(counts, symbols);
  }

  /**
   * Makes the code that T.81, annex K.2, makes from a count of symbols: Huffman's, of two least
   * frequent that are equally frequent the larger symbol first, with codes of more than 16 bits
   * shortened at the expense of others.
   *
   * @param counts how often each symbol occurs, from the given index on; at least one does
   * @param from index of symbol 0
   */
  static JpegHuffman optimal(int[] counts, int from) {
    int[] symbols = new int[SYMBOLS + 1];
    int used = 0;
    for (int symbol = 0; symbol < SYMBOLS; symbol++) {
      if (counts[from + symbol] > 0) {
        symbols[used++] = symbol;
      }
    }
    symbols[used++] = RESERVED;
    long[] weights = new long[used];
    for (int i = 0; i < used; i++) {
      weights[i] = symbols[i] == RESERVED ? 1 : counts[from + symbols[i]];
    }
    int[] depths = depths(weights);

    int[] ofLength = new int[used + MAX_LENGTH];
    for (int depth : depths) {
      ofLength[depth]++;
    }
    byte[] sorted = new byte[used - 1];
    int next = 0;
    for (int depth = 1; depth < used; depth++) {
      for (int i = 0; i < used - 1 && ofLength[depth] > 0; i++) {
        if (depths[i] == depth) {
          sorted[next++] = (byte) symbols[i];
        }
      }
    }
    shorten(ofLength);
    return new JpegHuffman(ofLength, sorted);
  }

  /**
   * Returns how deep each leaf is in the tree that joins the two lightest, of equal ones the last,
   * until one is left.
   *
   * @param weights at least two, each at least 1; destroyed
   */
  private static int[] depths(long[] weights) {
    int leaves = weights.length;
    int[] nodes = new int[leaves];
    for (int i = 0; i < leaves; i++) {
      nodes[i] = i;
    }
    int[] parents = new int[2 * leaves - 1];
    for (int node = leaves; node < parents.length; node++) {
      int first = lightest(weights, -1);
      int second = lightest(weights, first);
      weights[first] += weights[second];
      weights[second] = 0;
      parents[nodes[first]] = node;
      parents[nodes[second]] = node;
      nodes[first] = node;
    }
    int[] depths = new int[parents.length];
    for (int node = parents.length - 2; node >= 0; node--) {
      depths[node] = depths[parents[node]] + 1;
    }
    return Arrays.copyOf(depths, leaves);
  }

  private static int lightest(long[] weights, int except) {
    int found = -1;
    long least = Long.MAX_VALUE;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > 0 && weights[i] <= least && i != except) {
        least = weights[i];
        found = i;
      }
    }
    return found;
  }

  /** Brings codes down to 16 bits (figure K.3) and takes the reserved one out. */
  private static void shorten(int[] ofLength) {
    int length = ofLength.length - 1;
    for (; length > MAX_LENGTH; length--) {
      while (ofLength[length] > 0) {
        int shorter = length - 2;
        while (ofLength[shorter] == 0) {
          shorter--;
        }
        ofLength[length] -= 2;
        ofLength[length - 1]++;
        ofLength[shorter + 1] += 2;
        ofLength[shorter]--;
      }
    }
    while (ofLength[length] == 0) {
      length--;
    }
    ofLength[length]--;
  }

  /** Returns 16 counts and the symbols, as a table stands in a file; not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  /** Returns the code of a symbol that has one. */
  int code(int symbol) {
    return codes[symbol];
  }

  /** Returns the bits of a symbol's code, 0 if it has none. */
  int length(int symbol) {
    return lengths[symbol];
  }
}

package dev.sluice.experiments.study.codec.rival;

import java.io.ByteArrayOutputStream;

/**
 * Levels as truncated unary bins under an adaptive binary arithmetic coder, one context per bin
 * index: level k of n is k ones and a zero, and the last level needs no zero.
 *
 * <p>A context's estimate is the mean of a fast and a slow average, as in the coder of H.266. The
 * coder is carry-less with an interval of 32 bits; the decoder reads zeros behind the end.
 */
final class BinCoder {
  private static final int FAST = 4;
  private static final int SLOW = 7;
  private static final int ONE = 1 << 16;

  private final int[] initial;

  /**
   * Prepares for a quantiser.
   *
   * @param shares of each level, from which the contexts start
   */
  BinCoder(double[] shares) {
    initial = new int[shares.length - 1];
    double behind = 1;
    for (int bin = 0; bin < initial.length; bin++) {
      double more = behind - shares[bin];
      double chance = behind > 1e-9 ? more / behind : 0.5;
      initial[bin] = (int) Math.round(Math.max(0.002, Math.min(0.998, chance)) * ONE);
      behind = more;
    }
  }

  /** Estimates of one bin's chance to be 1, being updated. */
  private static final class Contexts {
    private final int[] fast;
    private final int[] slow;

    Contexts(int[] initial) {
      fast = initial.clone();
      slow = initial.clone();
    }

    /** Returns the chance of a one in {@code [32, 65504]} of 65536. */
    int chance(int bin) {
      return Math.max(32, Math.min(ONE - 32, (fast[bin] + slow[bin]) >> 1));
    }

    void update(int bin, boolean one) {
      int aim = one ? ONE : 0;
      fast[bin] += (aim - fast[bin]) >> FAST;
      slow[bin] += (aim - slow[bin]) >> SLOW;
    }
  }

  byte[] encode(byte[] levels) {
    Contexts contexts = new Contexts(initial);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long low = 0;
    long high = 0xFFFFFFFFL;
    for (byte level : levels) {
      for (int bin = 0; bin < initial.length && bin <= level; bin++) {
        boolean one = level > bin;
        long middle = low + (((high - low) * contexts.chance(bin)) >>> 16);
        if (one) {
          high = middle;
        } else {
          low = middle + 1;
        }
        contexts.update(bin, one);
        while (((low ^ high) & 0xFF000000L) == 0) {
          out.write((int) (high >>> 24));
          low = (low << 8) & 0xFFFFFFFFL;
          high = ((high << 8) & 0xFFFFFFFFL) | 0xFF;
        }
      }
    }
    if (low > 0) {
      out.write((int) (low >>> 24) + 1); // Followed by zeros it lies between both ends.
    }
    return out.toByteArray();
  }

  byte[] decode(byte[] bytes, int count) {
    Contexts contexts = new Contexts(initial);
    byte[] levels = new byte[count];
    long low = 0;
    long high = 0xFFFFFFFFL;
    long code = 0;
    int at = 0;
    for (; at < 4; at++) {
      code = code << 8 | (at < bytes.length ? bytes[at] & 0xFF : 0);
    }
    for (int i = 0; i < count; i++) {
      int level = 0;
      for (int bin = 0; bin < initial.length && bin == level; bin++) {
        long middle = low + (((high - low) * contexts.chance(bin)) >>> 16);
        boolean one = code <= middle;
        if (one) {
          high = middle;
          level++;
        } else {
          low = middle + 1;
        }
        contexts.update(bin, one);
        while (((low ^ high) & 0xFF000000L) == 0) {
          low = (low << 8) & 0xFFFFFFFFL;
          high = ((high << 8) & 0xFFFFFFFFL) | 0xFF;
          code = ((code << 8) & 0xFFFFFFFFL) | (at < bytes.length ? bytes[at] & 0xFF : 0);
          at++;
        }
      }
      levels[i] = (byte) level;
    }
    return levels;
  }
}

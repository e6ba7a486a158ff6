package dev.sluice.protocol.codec;

/**
 * What the rANS coder wants ready of a model: each symbol's share of the total, also as a
 * reciprocal, in one row of symbols: the tokens of all contexts, then the flags "empty" and "not"
 * of all flag contexts, then raw numbers of 0 to 8 bits. Immutable.
 */
final class RansTables {
  static final int FLAG_SYMBOLS = CoefficientModel.CONTEXTS * CoefficientModel.TOKENS;
  static final int RAW_SYMBOLS = FLAG_SYMBOLS + 2 * CoefficientModel.FLAGS;

  /** Bits of the largest raw symbol. */
  static final int RAW_BITS = 8;

  private static final int SYMBOLS = RAW_SYMBOLS + (2 << RAW_BITS);

  /** Frequency in the lowest 16 bits, then the start in 16, then the reciprocal's shift. */
  final long[] shares = new long[SYMBOLS];

  final long[] reciprocals = new long[SYMBOLS];

  /** The bits that a symbol takes. */
  final float[] costs = new float[SYMBOLS];

  RansTables(CoefficientModel model) {
    for (int context = 0; context < CoefficientModel.CONTEXTS; context++) {
      int start = 0;
      for (int token = 0; token < CoefficientModel.TOKENS; token++) {
        int frequency = model.frequencies[context][token];
        set(context * CoefficientModel.TOKENS + token, start, frequency);
        start += frequency;
      }
    }
    for (int context = 0; context < CoefficientModel.FLAGS; context++) {
      int empty = model.emptyFrequencies[context];
      set(FLAG_SYMBOLS + 2 * context, 0, empty);
      set(FLAG_SYMBOLS + 2 * context + 1, empty, CoefficientModel.TOTAL - empty);
    }
    for (int bits = 0; bits <= RAW_BITS; bits++) {
      int frequency = CoefficientModel.TOTAL >> bits;
      for (int value = 0; value < 1 << bits; value++) {
        set(raw(bits, value), value * frequency, frequency);
      }
    }
  }

  /** Returns the symbol of a raw number. */
  static int raw(int bits, int value) {
    return RAW_SYMBOLS + (1 << bits) + value;
  }

  private void set(int symbol, int start, int frequency) {
    if (frequency == 0 || frequency == CoefficientModel.TOTAL) {
      // Never coded: a raw number of no bits, or what no payload can hold.
      return;
    }
    int shift = 32 - Integer.numberOfLeadingZeros(frequency - 1);
    shares[symbol] = frequency | (long) start << 16 | (long) Math.max(0, shift - 1) << 32;
    reciprocals[symbol] = frequency == 1 ? 0 : reciprocal(frequency, shift);
    costs[symbol] = (float) (CoefficientModel.PROBABILITY_BITS - Math.log(frequency) / Math.log(2));
  }

  /** Returns {@code 2^(63 + shift) / frequency}, rounded up, which needs all 64 bits. */
  private static long reciprocal(int frequency, int shift) {
    long quotient = Long.divideUnsigned(Long.MIN_VALUE, frequency);
    long rest = Long.remainderUnsigned(Long.MIN_VALUE, frequency);
    for (int i = 0; i < shift; i++) {
      rest *= 2;
      long digit = rest >= frequency ? 1 : 0;
      quotient = 2 * quotient + digit;
      rest -= digit * frequency;
    }
    return rest > 0 ? quotient + 1 : quotient;
  }
}

package dev.sluice.protocol.codec;

import java.util.Arrays;

/**
 * Quantises coefficients and writes them by a model's static probabilities. See {@link
 * CoefficientDecoder} for the payload. Used by one thread.
 *
 * <p>The asymmetric numeral system (Duda, arXiv 1311.2540, 2013; the variant with a range) is last
 * in, first out: symbols are collected first to last and coded last to first. Its one state of 63
 * bits begins at 1 instead of the lower end of its range, and what it is at the end is written in
 * as many bytes as it has: nothing is lost at either end, so that a nearly empty tensor takes a
 * byte or two.
 */
final class CoefficientEncoder {
  private final Neighbours neighbours = new Neighbours();

  /** Symbols of {@link RansTables}, in order. */
  private int[] symbols = {};

  private int count;

  /** The integers of the tensor last quantised. */
  private int[] levels = {};

  /** Contexts beside {@link #levels}, -1 in an empty channel; kept when asked for. */
  private int[] contexts = {};

  /**
   * Quantises and writes.
   *
   * @param values in steps; longer than needed
   * @return the bytes written from the start of {@code out} on, or {@code limit} if they are not
   *     fewer
   */
  int encode(CoefficientModel model, RansTables tables, float[] values, byte[] out, int limit) {
    quantize(model, tables, values, 0, false);
    return write(tables, out, limit);
  }

  /**
   * Quantises and collects symbols.
   *
   * @param lambda squared steps that a bit is worth when a channel is made empty; 0 keeps it
   * @param keepContexts whether {@link #contexts} is wanted
   */
  void quantize(
      CoefficientModel model,
      RansTables tables,
      float[] values,
      float lambda,
      boolean keepContexts) {
    Geometry geometry = model.geometry;
    int elements = geometry.elements();
    int plane = geometry.plane();
    int columns = geometry.columns();
    // At most three symbols for a value, one for a channel.
    int room = Math.addExact(Math.multiplyExact(3, elements), geometry.channels());
    if (symbols.length < room) {
      symbols = new int[room];
    }
    if (levels.length < elements) {
      levels = new int[elements];
    }
    if (keepContexts && contexts.length < elements) {
      contexts = new int[elements];
    }
    neighbours.begin(geometry);
    count = 0;
    float smallest = model.smallestNonZero();
    for (int channel = 0; channel < geometry.channels(); channel++) {
      int start = channel * plane;
      neighbours.beginChannel(model, channel);
      int flagSymbol = RansTables.FLAG_SYMBOLS + 2 * neighbours.flagContext();
      int before = count;
      symbols[count++] = flagSymbol + 1;
      boolean empty = true;
      if (reaches(values, start, start + plane, smallest)) {
        int wLeft = model.weights[model.classes[channel]][CoefficientModel.LEFT];
        int[] base = neighbours.base();
        int[] current = neighbours.current();
        int any = 0;
        for (int row = 0; row < geometry.rows(); row++) {
          int at = neighbours.beginRow(model, channel, row);
          int left = 0;
          int index = start + row * columns;
          for (int i = 0; i < columns; i++) {
            int context = CoefficientModel.context(base[at + i] + wLeft * left);
            int level = model.quantize(context, values[index + i]);
            levels[index + i] = level;
            if (keepContexts) {
              contexts[index + i] = context;
            }
            if (level == 0) {
              symbols[count++] = context * CoefficientModel.TOKENS;
              left = 0;
            } else {
              collect(model, context, Rounding.zigzag(level));
              left = Math.min(Math.abs(level), CoefficientModel.MAX_MAGNITUDE);
            }
            current[at + i] = left;
            any |= left;
          }
        }
        empty = any == 0;
      }
      if (empty) {
        count = before;
        symbols[count++] = flagSymbol;
        Arrays.fill(levels, start, start + plane, 0);
        if (keepContexts) {
          Arrays.fill(contexts, start, start + plane, -1);
        }
        neighbours.endEmptyChannel();
      } else {
        neighbours.endChannel();
      }
    }
  }

  private static boolean reaches(float[] values, int from, int to, float smallest) {
    for (int i = from; i < to; i++) {
      if (Math.abs(values[i]) >= smallest) {
        return true;
      }
    }
    return false;
  }

  private void collect(CoefficientModel model, int context, int code) {
    int token = CoefficientModel.token(code);
    if (model.frequencies[context][token] == 0) {
      token = CoefficientModel.ESCAPE;
    }
    symbols[count++] = context * CoefficientModel.TOKENS + token;
    int bits = CoefficientModel.rawBits(token);
    int rest = code - CoefficientModel.lowestCode(token);
    if (bits > RansTables.RAW_BITS) {
      symbols[count++] = RansTables.raw(bits - RansTables.RAW_BITS, rest >>> RansTables.RAW_BITS);
      bits = RansTables.RAW_BITS;
      rest &= (1 << RansTables.RAW_BITS) - 1;
    }
    if (bits > 0) {
      symbols[count++] = RansTables.raw(bits, rest);
    }
  }

  int[] levels() {
    return levels;
  }

  int[] contexts() {
    return contexts;
  }

  /** Returns the symbols collected; the first {@link #count()} count. */
  int[] symbols() {
    return symbols;
  }

  int count() {
    return count;
  }

  private int write(RansTables tables, byte[] out, int limit) {
    long[] shares = tables.shares;
    long[] reciprocals = tables.reciprocals;
    int at = limit;
    long state = 1;
    for (int i = count - 1; i >= 0; i--) {
      int symbol = symbols[i];
      long share = shares[symbol];
      long frequency = share & 0xFFFF;
      if (state >= frequency << 48) {
        if (at < Integer.BYTES) {
          return limit;
        }
        at -= Integer.BYTES;
        LittleEndian.putInt(out, at, (int) state);
        state >>>= 32;
      }
      long quotient =
          (Math.multiplyHigh(state, reciprocals[symbol]) + state) >>> (int) (share >>> 32);
      long start = (share >>> 16) & 0xFFFF;
      state =
          (quotient << CoefficientModel.PROBABILITY_BITS) + state - quotient * frequency + start;
    }
    int words = limit - at;
    int stateBytes = (71 - Long.numberOfLeadingZeros(state)) / 8;
    if (words > 0) {
      stateBytes = Math.max(5, stateBytes);
    }
    if (stateBytes + words >= limit) {
      return limit;
    }
    System.arraycopy(out, at, out, stateBytes, words);
    for (int i = 0; i < stateBytes; i++) {
      out[i] = (byte) (state >>> (8 * (stateBytes - 1 - i)));
    }
    return stateBytes + words;
  }
}

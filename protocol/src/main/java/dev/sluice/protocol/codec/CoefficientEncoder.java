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

  /** Integers, contexts (-1 in an empty channel) and predictions, kept for a fitting. */
  private int[] levels = {};

  private int[] contexts = {};
  private int[] predictions = {};
  private boolean keeps;

  /**
   * Quantises and writes.
   *
   * @param values in steps; longer than needed
   * @return the bytes written from the start of {@code out} on, or {@code limit} if they are not
   *     fewer
   */
  int encode(CoefficientModel model, RansTables tables, float[] values, byte[] out, int limit) {
    keeps = false;
    quantize(model, values);
    return write(tables, out, limit);
  }

  /** Quantises and keeps what a fitting wants to know: levels, contexts, predictions, symbols. */
  void quantizeAndKeep(CoefficientModel model, float[] values) {
    keeps = true;
    int elements = model.grid.elements();
    if (levels.length < elements) {
      levels = new int[elements];
      contexts = new int[elements];
      predictions = new int[elements];
    }
    quantize(model, values);
  }

  private void quantize(CoefficientModel model, float[] values) {
    Geometry grid = model.grid;
    int plane = grid.plane();
    // At most three symbols for a value, one for a channel.
    int room = Math.addExact(Math.multiplyExact(3, grid.elements()), grid.channels());
    if (symbols.length < room) {
      symbols = new int[room];
    }
    neighbours.begin(grid);
    count = 0;
    float smallest = model.smallestOne / DeadZone.UNIT;
    for (int channel = 0; channel < grid.channels(); channel++) {
      int start = channel * plane;
      int flagSymbol = RansTables.FLAG_SYMBOLS + 2 * neighbours.beginChannel(model, channel);
      int flagAt = count++;
      boolean empty = true;
      // The first integer that is not 0 has a prediction of 0.
      if (reaches(values, start, start + plane, smallest)) {
        symbols[flagAt] = flagSymbol + 1;
        int any = 0;
        for (int row = 0; row < grid.rows(); row++) {
          any |= quantizeRow(model, channel, row, values, start + row * grid.columns());
        }
        empty = any == 0;
      }
      if (empty) {
        symbols[flagAt] = flagSymbol;
        count = flagAt + 1;
        if (keeps) {
          Arrays.fill(levels, start, start + plane, 0);
          Arrays.fill(contexts, start, start + plane, -1);
          Arrays.fill(predictions, start, start + plane, 0);
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

  /** Returns 0 if all of the row became 0. */
  private int quantizeRow(CoefficientModel model, int channel, int row, float[] values, int index) {
    int at = neighbours.beginRow(model, channel, row);
    int columns = model.grid.columns();
    int wLeft = model.weights[model.weightsAt(channel) + CoefficientModel.LEFT];
    boolean predicts = model.predicts(channel);
    int fLeft = model.filters[channel * CoefficientModel.FILTER];
    int[] expected = neighbours.expected();
    int[] current = neighbours.current();
    int[] readings = neighbours.readings();
    int[] predicted = neighbours.predicted();
    int[] collected = symbols;
    float[] one = model.one;
    int to = count;
    int any = 0;
    int left = 0;
    int reading = 0;
    for (int i = 0; i < columns; i++) {
      int context = CoefficientModel.context(expected[at + i] + wLeft * left);
      int prediction =
          predicts ? CoefficientModel.prediction(predicted[at + i] + fLeft * reading) : 0;
      float rest = values[index + i] * DeadZone.UNIT - prediction;
      int level = 0;
      if (!(Math.abs(rest) >= one[context])) {
        collected[to++] = context * CoefficientModel.TOKENS;
        left = 0;
        reading = prediction;
      } else {
        level = model.quantize(context, rest);
        int code = Rounding.zigzag(level);
        if (code < CoefficientModel.DIRECT && model.frequencies[context][code] != 0) {
          collected[to++] = context * CoefficientModel.TOKENS + code;
        } else {
          to = collect(model, context, code, to);
        }
        left = Math.min(Math.abs(level), CoefficientModel.MAX_MAGNITUDE);
        reading = prediction + model.read(context, level);
        any = 1;
      }
      current[at + i] = left;
      if (predicts) {
        readings[at + i] = reading;
      }
      if (keeps) {
        levels[index + i] = level;
        contexts[index + i] = context;
        predictions[index + i] = prediction;
      }
    }
    count = to;
    return any;
  }

  private int collect(CoefficientModel model, int context, int code, int at) {
    int to = at;
    int token = CoefficientModel.token(code);
    if (model.frequencies[context][token] == 0) {
      token = CoefficientModel.ESCAPE;
    }
    symbols[to++] = context * CoefficientModel.TOKENS + token;
    int bits = CoefficientModel.rawBits(token);
    int rest = code - CoefficientModel.lowestCode(token);
    if (bits > RansTables.RAW_BITS) {
      symbols[to++] = RansTables.raw(bits - RansTables.RAW_BITS, rest >>> RansTables.RAW_BITS);
      bits = RansTables.RAW_BITS;
      rest &= (1 << RansTables.RAW_BITS) - 1;
    }
    if (bits > 0) {
      symbols[to++] = RansTables.raw(bits, rest);
    }
    return to;
  }

  int[] levels() {
    return levels;
  }

  int[] contexts() {
    return contexts;
  }

  /** Returns predictions, in 1 / {@link DeadZone#UNIT}. */
  int[] predictions() {
    return predictions;
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
    int[] collected = symbols;
    int at = limit;
    long state = 1;
    for (int i = count - 1; i >= 0; i--) {
      int symbol = collected[i];
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
      // state / f * total + state % f + start
      state += quotient * (CoefficientModel.TOTAL - frequency) + ((share >>> 16) & 0xFFFF);
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

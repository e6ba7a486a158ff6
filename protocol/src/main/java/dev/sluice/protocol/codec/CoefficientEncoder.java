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
    for (int channel = 0; channel < grid.channels(); channel++) {
      int start = channel * plane;
      int flagSymbol = RansTables.FLAG_SYMBOLS + 2 * neighbours.beginChannel(model, channel);
      int flagAt = count++;
      if (reaches(model, values, start)) {
        if (keeps || model.predicts(channel)) {
          quantizeAndPredictChannel(model, channel, values, start);
        } else {
          quantizeChannel(model, channel, values, start);
        }
        symbols[flagAt] = flagSymbol + 1;
        neighbours.endChannel();
      } else {
        symbols[flagAt] = flagSymbol;
        if (keeps) {
          Arrays.fill(levels, start, start + plane, 0);
          Arrays.fill(contexts, start, start + plane, -1);
          Arrays.fill(predictions, start, start + plane, 0);
        }
        neighbours.endEmptyChannel();
      }
    }
  }

  /**
   * Returns whether anything in a channel becomes more than 0. The first that does has neither a
   * prediction nor magnitudes of its channel beside it.
   */
  private boolean reaches(CoefficientModel model, float[] values, int start) {
    float step = 1f / DeadZone.UNIT;
    float least = step * model.leastOne[CoefficientModel.context(neighbours.most())];
    int plane = model.grid.plane();
    int margin = Neighbours.stride(model.grid) + 1;
    int[] expected = neighbours.expected();
    for (int i = 0; i < plane; i++) {
      // Hardly ever in an empty channel, and soon in others.
      if (Math.abs(values[start + i]) >= least) {
        int at = margin + i + i / model.grid.columns();
        int one = model.one[CoefficientModel.context(expected[at])];
        if (Math.abs(values[start + i]) >= step * one) {
          return true;
        }
      }
    }
    return false;
  }

  private void quantizeChannel(CoefficientModel model, int channel, float[] values, int start) {
    int weights = model.weightsAt(channel);
    int wLeft = model.weights[weights + CoefficientModel.LEFT];
    int wUp = model.weights[weights + CoefficientModel.UP];
    int wDiagonal = model.weights[weights + CoefficientModel.DIAGONAL];
    int columns = model.grid.columns();
    int stride = Neighbours.stride(model.grid);
    int[] expected = neighbours.expected();
    int[] current = neighbours.current();
    int[] collected = symbols;
    int[] one = model.one;
    int to = count;
    int index = start;
    for (int row = 1; row <= model.grid.rows(); row++) {
      int left = 0;
      int end = row * stride + 1 + columns;
      for (int at = row * stride + 1; at < end; at++, index++) {
        int up = at - stride;
        int context =
            CoefficientModel.context(
                expected[at]
                    + wUp * current[up]
                    + wDiagonal * (current[up - 1] + current[up + 1])
                    + wLeft * left);
        float value = values[index] * DeadZone.UNIT;
        if (!(Math.abs(value) >= one[context])) {
          collected[to++] = context * CoefficientModel.TOKENS;
          left = 0;
        } else {
          int level = model.quantize(context, value);
          to = collect(model, context, level, to);
          left = Math.min(Math.abs(level), CoefficientModel.MAX_MAGNITUDE);
        }
        current[at] = left;
      }
    }
    count = to;
  }

  /** Does the same with predictions, and keeps what is wanted. */
  private void quantizeAndPredictChannel(
      CoefficientModel model, int channel, float[] values, int start) {
    int weights = model.weightsAt(channel);
    int wLeft = model.weights[weights + CoefficientModel.LEFT];
    int wUp = model.weights[weights + CoefficientModel.UP];
    int wDiagonal = model.weights[weights + CoefficientModel.DIAGONAL];
    int filter = channel * CoefficientModel.FILTER;
    int fLeft = model.filters[filter];
    int fUp = model.filters[filter + 1];
    int fUpLeft = model.filters[filter + 2];
    int fUpRight = model.filters[filter + 3];
    int columns = model.grid.columns();
    int stride = Neighbours.stride(model.grid);
    int[] expected = neighbours.expected();
    int[] current = neighbours.current();
    int[] readings = neighbours.readings();
    int[] collected = symbols;
    int[] one = model.one;
    int to = count;
    int index = start;
    for (int row = 1; row <= model.grid.rows(); row++) {
      int left = 0;
      int reading = 0;
      int end = row * stride + 1 + columns;
      for (int at = row * stride + 1; at < end; at++, index++) {
        int up = at - stride;
        int context =
            CoefficientModel.context(
                expected[at]
                    + wUp * current[up]
                    + wDiagonal * (current[up - 1] + current[up + 1])
                    + wLeft * left);
        int prediction =
            CoefficientModel.prediction(
                fUp * readings[up]
                    + fUpLeft * readings[up - 1]
                    + fUpRight * readings[up + 1]
                    + fLeft * reading);
        float rest = values[index] * DeadZone.UNIT - prediction;
        int level = 0;
        left = 0;
        reading = prediction;
        if (!(Math.abs(rest) >= one[context])) {
          collected[to++] = context * CoefficientModel.TOKENS;
        } else {
          level = model.quantize(context, rest);
          to = collect(model, context, level, to);
          left = Math.min(Math.abs(level), CoefficientModel.MAX_MAGNITUDE);
          reading += model.read(context, level);
        }
        current[at] = left;
        readings[at] = reading;
        if (keeps) {
          levels[index] = level;
          contexts[index] = context;
          predictions[index] = prediction;
        }
      }
    }
    count = to;
  }

  private int collect(CoefficientModel model, int context, int level, int at) {
    int code = Rounding.zigzag(level);
    int share = context * CoefficientModel.TOKEN_STRIDE + code;
    if (code < CoefficientModel.DIRECT && model.starts[share] != model.starts[share + 1]) {
      symbols[at] = context * CoefficientModel.TOKENS + code;
      return at + 1;
    }
    return collectLong(model, context, code, at);
  }

  private int collectLong(CoefficientModel model, int context, int code, int at) {
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

  /** Codes the symbols, last first. */
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
      // state / f * total + state % f + start; the product is what is waited for.
      state += (share >>> 16) & 0xFFFF;
      state += quotient * (CoefficientModel.TOTAL - frequency);
    }
    int words = limit - at;
    int stateBytes = (71 - Long.numberOfLeadingZeros(state)) / 8;
    if (words > 0) {
      stateBytes = Math.max(CoefficientDecoder.LEAST_STATE_BYTES, stateBytes);
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

package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/**
 * Reads what {@link CoefficientEncoder} writes. Used by one thread.
 *
 * <pre>
 * +-------------------------------+-----------------------------+
 * | last state of the coder,      | words, as they are taken up |
 * | big-endian                    | u32le each                  |
 * +-------------------------------+-----------------------------+
 *   1 to 4 bytes without words, 5 to 8 with or without: what leaves a multiple of 4
 * </pre>
 *
 * <p>A symbol of frequency f that begins at s is told by the state x modulo 2^15, m, in {@code [s,
 * s + f)}; the next state is f * (x / 2^15) + m - s, and when that is below 2^31 and words are
 * left, that times 2^32 plus the next word. After the last symbol the state is 1 and no word is
 * left.
 */
final class CoefficientDecoder {
  private static final long LOWEST = 1L << 31;
  private static final int MASK = CoefficientModel.TOTAL - 1;

  /** Bytes of the state where words follow, at least. */
  static final int LEAST_STATE_BYTES = 5;

  private static final float STEP = 1f / DeadZone.UNIT;

  private final Neighbours neighbours = new Neighbours();

  private byte[] in = {};
  private int at;
  private int end;

  private long state;

  /** Reads a tensor, in steps. */
  void decode(CoefficientModel model, byte[] bytes, int length, float[] values)
      throws ProtocolException {
    begin(bytes, length);
    Geometry grid = model.grid;
    int plane = grid.plane();
    neighbours.begin(grid);
    for (int channel = 0; channel < grid.channels(); channel++) {
      int start = channel * plane;
      int frequency = model.emptyFrequencies[neighbours.beginChannel(model, channel)];
      int slot = (int) state & MASK;
      if (slot < frequency) {
        advance(frequency, slot);
        for (int i = start; i < start + plane; i++) {
          values[i] = 0;
        }
        neighbours.endEmptyChannel();
      } else {
        advance(CoefficientModel.TOTAL - frequency, slot - frequency);
        readChannel(model, channel, values, start);
        neighbours.endChannel();
      }
    }
    if (state != 1 || at != end) {
      throw ProtocolException.malformedRequest(
          "rANS payload does not end where its values do; do both sides use the same bundle?");
    }
  }

  private void begin(byte[] bytes, int length) throws ProtocolException {
    int stateBytes =
        length < LEAST_STATE_BYTES
            ? length
            : LEAST_STATE_BYTES + (length - LEAST_STATE_BYTES) % Integer.BYTES;
    in = bytes;
    at = stateBytes;
    end = length;
    state = 0;
    for (int i = 0; i < stateBytes; i++) {
      state = (state << 8) | (bytes[i] & 0xFF);
    }
    // As few bytes as can be, but for the one that tells a state of 32 bits from 4 bytes of words.
    boolean shortest = length > 0 && (bytes[0] != 0 || (at < end && state >= LOWEST));
    if (state <= 0 || !shortest) {
      throw ProtocolException.malformedRequest("rANS payload without a state");
    }
  }

  private void advance(int frequency, int offset) {
    long next = frequency * (state >>> CoefficientModel.PROBABILITY_BITS) + offset;
    if (next < LOWEST && at < end) {
      next = (next << 32) | (LittleEndian.getInt(in, at) & 0xFFFFFFFFL);
      at += Integer.BYTES;
    }
    state = next;
  }

  private void readChannel(CoefficientModel model, int channel, float[] values, int start) {
    int weights = model.weightsAt(channel);
    int wLeft = model.weights[weights + CoefficientModel.LEFT];
    int wUp = model.weights[weights + CoefficientModel.UP];
    int wDiagonal = model.weights[weights + CoefficientModel.DIAGONAL];
    boolean predicts = model.predicts(channel);
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
    int[] starts = model.starts;
    byte[] firstTokens = model.firstTokens;
    byte[] bytes = in;
    int from = at;
    int to = end;
    long x = state;
    int index = start;
    for (int row = 1; row <= model.grid.rows(); row++) {
      int left = 0;
      int reading = 0;
      int rowEnd = row * stride + 1 + columns;
      for (int place = row * stride + 1; place < rowEnd; place++, index++) {
        int up = place - stride;
        int context =
            CoefficientModel.context(
                expected[place]
                    + wUp * current[up]
                    + wDiagonal * (current[up - 1] + current[up + 1])
                    + wLeft * left);
        reading =
            predicts
                ? CoefficientModel.prediction(
                    fUp * readings[up]
                        + fUpLeft * readings[up - 1]
                        + fUpRight * readings[up + 1]
                        + fLeft * reading)
                : 0;
        int slot = (int) x & MASK;
        int tokens = context * CoefficientModel.TOKEN_STRIDE;
        int frequency = starts[tokens + 1];
        int token = 0;
        if (slot < frequency) {
          x = frequency * (x >>> CoefficientModel.PROBABILITY_BITS) + slot;
        } else {
          token = firstTokens[context * 256 + (slot >>> 7)];
          while (slot >= starts[tokens + token + 1]) {
            token++;
          }
          int first = starts[tokens + token];
          frequency = starts[tokens + token + 1] - first;
          x = frequency * (x >>> CoefficientModel.PROBABILITY_BITS) + slot - first;
        }
        if (x < LOWEST && from < to) {
          x = (x << 32) | (LittleEndian.getInt(bytes, from) & 0xFFFFFFFFL);
          from += Integer.BYTES;
        }
        left = 0;
        if (token != 0) {
          int level;
          if (token < CoefficientModel.DIRECT) {
            level = Rounding.unzigzag(token);
          } else {
            state = x;
            at = from;
            level = longLevel(token);
            x = state;
            from = at;
          }
          left = Math.min(Math.abs(level), CoefficientModel.MAX_MAGNITUDE);
          reading += model.read(context, level);
        }
        current[place] = left;
        if (predicts) {
          readings[place] = reading;
        }
        values[index] = reading * STEP;
      }
    }
    state = x;
    at = from;
  }

  /** Reads what follows a token that does not say all. */
  private int longLevel(int token) {
    int bits = CoefficientModel.rawBits(token);
    int rest = 0;
    if (bits > RansTables.RAW_BITS) {
      rest = raw(bits - RansTables.RAW_BITS) << RansTables.RAW_BITS;
      bits = RansTables.RAW_BITS;
    }
    rest |= raw(bits);
    return Rounding.unzigzag(CoefficientModel.lowestCode(token) + rest);
  }

  private int raw(int bits) {
    int slot = (int) state & MASK;
    int shift = CoefficientModel.PROBABILITY_BITS - bits;
    advance(1 << shift, slot & ((1 << shift) - 1));
    return slot >>> shift;
  }
}

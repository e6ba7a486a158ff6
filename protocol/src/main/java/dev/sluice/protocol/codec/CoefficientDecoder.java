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

  private final Neighbours neighbours = new Neighbours();

  private byte[] in = {};
  private int at;
  private int end;
  private long state;

  /** Reads a tensor, in steps. */
  void decode(CoefficientModel model, byte[] bytes, int length, float[] values)
      throws ProtocolException {
    begin(bytes, length);
    Geometry geometry = model.geometry;
    int plane = geometry.plane();
    int columns = geometry.columns();
    neighbours.begin(geometry);
    for (int channel = 0; channel < geometry.channels(); channel++) {
      int start = channel * plane;
      neighbours.beginChannel(model, channel);
      if (flag(model.emptyFrequencies[neighbours.flagContext()])) {
        for (int i = start; i < start + plane; i++) {
          values[i] = 0;
        }
        neighbours.endEmptyChannel();
        continue;
      }
      int wLeft = model.weights[model.classes[channel]][CoefficientModel.LEFT];
      int[] base = neighbours.base();
      int[] current = neighbours.current();
      for (int row = 0; row < geometry.rows(); row++) {
        int place = neighbours.beginRow(model, channel, row);
        int index = start + row * columns;
        int left = 0;
        for (int i = 0; i < columns; i++) {
          int context = CoefficientModel.context(base[place + i] + wLeft * left);
          int level = level(model, context);
          left = Math.min(Math.abs(level), CoefficientModel.MAX_MAGNITUDE);
          current[place + i] = left;
          values[index + i] = model.reconstruct(context, level);
        }
      }
      neighbours.endChannel();
    }
    if (state != 1 || at != end) {
      throw ProtocolException.malformedRequest(
          "rANS payload does not end where its values do; do both sides use the same bundle?");
    }
  }

  private void begin(byte[] bytes, int length) throws ProtocolException {
    int stateBytes = length <= 4 ? length : 5 + (length - 5) % 4;
    if (length == 0 || (bytes[0] == 0 && (stateBytes != 5 || bytes[1] >= 0))) {
      throw ProtocolException.malformedRequest("rANS payload without a state");
    }
    in = bytes;
    at = stateBytes;
    end = length;
    state = 0;
    for (int i = 0; i < stateBytes; i++) {
      state = (state << 8) | (bytes[i] & 0xFF);
    }
    if (state < 0) {
      throw ProtocolException.malformedRequest("rANS payload with a state of 64 bits");
    }
  }

  private boolean flag(int frequency) {
    int slot = (int) state & MASK;
    boolean yes = slot < frequency;
    if (yes) {
      advance(frequency, slot);
    } else {
      advance(CoefficientModel.TOTAL - frequency, slot - frequency);
    }
    return yes;
  }

  private void advance(int frequency, int offset) {
    long next = frequency * (state >>> CoefficientModel.PROBABILITY_BITS) + offset;
    if (next < LOWEST && at < end) {
      next = (next << 32) | (LittleEndian.getInt(in, at) & 0xFFFFFFFFL);
      at += Integer.BYTES;
    }
    state = next;
  }

  private int level(CoefficientModel model, int context) {
    int slot = (int) state & MASK;
    int row = context * (CoefficientModel.TOKENS + 1);
    int[] starts = model.starts;
    int zero = starts[row + 1];
    if (slot < zero) {
      advance(zero, slot);
      return 0;
    }
    int token = model.firstTokens[context * 256 + (slot >>> 7)];
    while (slot >= starts[row + token + 1]) {
      token++;
    }
    int start = starts[row + token];
    advance(starts[row + token + 1] - start, slot - start);
    if (token < CoefficientModel.DIRECT) {
      return Rounding.unzigzag(token);
    }
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

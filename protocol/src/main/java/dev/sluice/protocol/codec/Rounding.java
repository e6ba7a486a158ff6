package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/** Nearest integers, and the rare ones that do not fit the short form. */
final class Rounding {
  /** Beyond this values saturate. */
  static final int MAX = Short.MAX_VALUE;

  private Rounding() {}

  /** Returns the nearest integer (ties upward), saturated; 0 for NaN. */
  static int nearest(float value) {
    return Math.max(-MAX, Math.min(MAX, Math.round(value)));
  }

  /** Returns 0, -1, 1, -2, 2 … as 0, 1, 2, 3, 4 …, so that small magnitudes have small codes. */
  static int zigzag(int value) {
    return (value << 1) ^ (value >> 31);
  }

  static int unzigzag(int code) {
    return (code >>> 1) ^ -(code & 1);
  }

  /** Writes LEB128. Returns the position after it. */
  static int putVarint(byte[] out, int at, int value) {
    int rest = value;
    int position = at;
    while (rest >= 0x80) {
      out[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    out[position++] = (byte) rest;
    return position;
  }

  /** Reads LEB128 of at most 5 bytes, in its only shortest form. */
  static int getVarint(byte[] in, int at, int end) throws ProtocolException {
    int value = 0;
    for (int i = 0; i < 5; i++) {
      if (at + i >= end) {
        break;
      }
      value |= (in[at + i] & 0x7F) << (7 * i);
      if (in[at + i] >= 0) {
        if (value < 0 || (i > 0 && in[at + i] == 0)) {
          break;
        }
        return value;
      }
    }
    throw ProtocolException.malformedRequest("number cut off, too large or too long at byte " + at);
  }

  static int varintBytes(int value) {
    return Math.max(1, (38 - Integer.numberOfLeadingZeros(value)) / 7);
  }
}

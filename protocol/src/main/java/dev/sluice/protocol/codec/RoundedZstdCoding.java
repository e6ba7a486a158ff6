package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/**
 * Nearest integers as zigzag bytes, channel after channel, through Zstandard.
 *
 * <pre>
 * +----------------+--------------------+--------------------------------------+
 * | escapes        | escaped values     | Zstandard frame of the n bytes, or   |
 * | varint         | i16le each         | the bytes when that is not longer    |
 * +----------------+--------------------+--------------------------------------+
 * </pre>
 *
 * <p>A byte b below 255 is the integer with zigzag code b, in {@code [-127, 127]}; 255 stands for
 * the next escaped value. Zigzag codes were measured against plain int8, a bitmap of zeros with the
 * rest aside, two-bit codes with the rest aside, position-major order and one frame per group of
 * channels, on Laplacian integers with decaying variance per channel: smallest or within 5 % up to
 * about 2 KB, within 8 % of the best beyond (see docs/protocol.md).
 */
final class RoundedZstdCoding implements TensorCoding {
  private static final int ESCAPE = 255;

  @Override
  public int maxEncodedBytes(int elements) {
    return 5 + 3 * elements;
  }

  @Override
  public int encode(float[] values, int[] shape, Scratch scratch) {
    int elements = Shapes.elements(shape);
    byte[] codes = scratch.first(elements);
    int escapes = 0;
    for (int i = 0; i < elements; i++) {
      int code = Rounding.zigzag(Rounding.nearest(values[i]));
      if (code >= ESCAPE) {
        code = ESCAPE;
        escapes++;
      }
      codes[i] = (byte) code;
    }
    byte[] out = scratch.encoded();
    int at = Rounding.putVarint(out, 0, escapes);
    if (escapes > 0) {
      for (int i = 0; i < elements; i++) {
        if ((codes[i] & 0xFF) == ESCAPE) {
          LittleEndian.putShort(out, at, (short) Rounding.nearest(values[i]));
          at += Short.BYTES;
        }
      }
    }
    return at + Lossless.zstd(codes, elements, out, at);
  }

  @Override
  public void decode(byte[] in, int bytes, float[] values, int[] shape, Scratch scratch)
      throws ProtocolException {
    int elements = Shapes.elements(shape);
    int escapes = Rounding.getVarint(in, 0, bytes);
    int escapesAt = Rounding.varintBytes(escapes);
    int frameAt = escapesAt + Short.BYTES * Math.min(escapes, elements);
    if (escapes > elements || frameAt >= bytes) {
      throw ProtocolException.malformedRequest(
          escapes + " escaped values do not fit a payload of " + bytes + " bytes");
    }
    byte[] codes = scratch.first(elements);
    Lossless.unzstd(in, frameAt, bytes - frameAt, codes, elements);
    int used = 0;
    for (int i = 0; i < elements; i++) {
      int code = codes[i] & 0xFF;
      if (code == ESCAPE) {
        if (used == escapes) {
          throw wrongEscapes(escapes);
        }
        values[i] = LittleEndian.getShort(in, escapesAt + Short.BYTES * used++);
      } else {
        values[i] = Rounding.unzigzag(code);
      }
    }
    if (used != escapes) {
      throw wrongEscapes(escapes);
    }
  }

  private static ProtocolException wrongEscapes(int announced) {
    return ProtocolException.malformedRequest(
        "number of escaped values differs from the " + announced + " announced");
  }
}

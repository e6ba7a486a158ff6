package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/**
 * Nearest integers as two bits each, channel after channel, with the larger ones aside, through
 * LZ4, which has no entropy coder of its own: packing first halves what it makes of plain bytes.
 *
 * <pre>
 * +----------------+------------------------------+-------------------------------------+
 * | r              | the r larger values          | LZ4 block of the ceil(n/4) bytes of |
 * | varint         | zigzag code - 3, one byte;   | two-bit codes, or those when that   |
 * |                | 255 and u16le when larger    | is not longer                       |
 * +----------------+------------------------------+-------------------------------------+
 *          r counts bytes
 * </pre>
 *
 * <p>Element i is bits 2*(i%4) and up of byte i/4: 0, 1, 2 are the zigzag codes of 0, -1 and 1; 3
 * stands for the next larger value.
 */
final class RoundedLz4Coding implements TensorCoding {
  private static final int LARGER = 3;
  private static final int ESCAPE = 255;

  @Override
  public int maxEncodedBytes(int elements) {
    return 5 + 3 * elements + (elements + 3) / 4;
  }

  @Override
  public int encode(float[] values, int[] shape, Scratch scratch) {
    int elements = Shapes.elements(shape);
    int packedBytes = (elements + 3) / 4;
    byte[] packed = scratch.clearedSecond(packedBytes);
    byte[] larger = scratch.first(3 * elements);
    int largerBytes = 0;
    for (int i = 0; i < elements; i++) {
      int code = Rounding.zigzag(Rounding.nearest(values[i]));
      packed[i >> 2] |= (byte) (Math.min(code, LARGER) << (2 * (i & 3)));
      if (code >= LARGER) {
        int rest = code - LARGER;
        if (rest < ESCAPE) {
          larger[largerBytes++] = (byte) rest;
        } else {
          larger[largerBytes] = (byte) ESCAPE;
          LittleEndian.putShort(larger, largerBytes + 1, (short) rest);
          largerBytes += 3;
        }
      }
    }
    byte[] out = scratch.encoded();
    int at = Rounding.putVarint(out, 0, largerBytes);
    System.arraycopy(larger, 0, out, at, largerBytes);
    at += largerBytes;
    return at + Lossless.lz4(packed, packedBytes, out, at);
  }

  @Override
  public void decode(byte[] in, int bytes, float[] values, int[] shape, Scratch scratch)
      throws ProtocolException {
    int elements = Shapes.elements(shape);
    int packedBytes = (elements + 3) / 4;
    int largerBytes = Rounding.getVarint(in, 0, bytes);
    int at = Rounding.varintBytes(largerBytes);
    if (largerBytes >= bytes - at) {
      throw ProtocolException.malformedRequest(
          largerBytes + " bytes of larger values do not fit a payload of " + bytes + " bytes");
    }
    int end = at + largerBytes;
    byte[] packed = scratch.second(packedBytes);
    Lossless.unlz4(in, end, bytes - end, packed, packedBytes);
    for (int i = 0; i < elements; i++) {
      int code = (packed[i >> 2] >> (2 * (i & 3))) & 3;
      if (code == LARGER) {
        int rest = at < end ? in[at++] & 0xFF : ESCAPE;
        if (rest == ESCAPE) {
          if (end - at < Short.BYTES) {
            throw wrongLarger();
          }
          rest = LittleEndian.getShort(in, at) & 0xFFFF;
          at += Short.BYTES;
        }
        code += rest;
      }
      values[i] = Rounding.unzigzag(code);
    }
    if (at != end) {
      throw wrongLarger();
    }
  }

  private static ProtocolException wrongLarger() {
    return ProtocolException.malformedRequest("larger values are fewer or more than announced");
  }
}

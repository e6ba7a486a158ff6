package dev.sluice.protocol.codec;

import dev.sluice.protocol.message.ProtocolException;

/** The floats as they are, little-endian; bit-exact. */
final class Float32Coding implements TensorCoding {
  @Override
  public int maxEncodedBytes(int elements) {
    return elements * Float.BYTES;
  }

  @Override
  public int encode(float[] values, int[] shape, Scratch scratch) {
    int elements = Shapes.elements(shape);
    byte[] out = scratch.encoded();
    for (int i = 0; i < elements; i++) {
      LittleEndian.putFloat(out, i * Float.BYTES, values[i]);
    }
    return elements * Float.BYTES;
  }

  @Override
  public void decode(byte[] in, int bytes, float[] values, int[] shape, Scratch scratch)
      throws ProtocolException {
    int elements = Shapes.elements(shape);
    if (bytes != elements * Float.BYTES) {
      throw ProtocolException.malformedRequest(
          "f32 payload has " + bytes + " bytes, " + elements + " elements need " + 4 * elements);
    }
    for (int i = 0; i < elements; i++) {
      values[i] = LittleEndian.getFloat(in, i * Float.BYTES);
    }
  }
}

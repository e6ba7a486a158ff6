package dev.sluice.protocol.codec;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A tensor as it stands in a payload before any lossless stage.
 *
 * @param dtype element type
 * @param shape sizes without the batch, slowest first; at most {@link Shapes#MAX_ELEMENTS} elements
 * @param data exactly the elements, row-major; a read-only view, never copied
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out; equals compares the content
public record WireTensor(DType dtype, int[] shape, ByteBuffer data) {
  public WireTensor {
    shape = shape.clone();
    data = data.asReadOnlyBuffer();
    long wanted = (long) Shapes.elements(shape) * dtype.bytes();
    if (data.remaining() != wanted) {
      throw new IllegalArgumentException(
          dtype + Arrays.toString(shape) + " needs " + wanted + " bytes, got " + data.remaining());
    }
  }

  @Override
  public int[] shape() {
    return shape.clone();
  }

  @Override
  public ByteBuffer data() {
    return data.duplicate();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WireTensor that
        && dtype == that.dtype
        && Arrays.equals(shape, that.shape)
        && data.equals(that.data);
  }

  @Override
  public int hashCode() {
    return (dtype.hashCode() * 31 + Arrays.hashCode(shape)) * 31 + data.hashCode();
  }

  @Override
  public String toString() {
    return dtype + Arrays.toString(shape);
  }
}

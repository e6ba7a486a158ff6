package dev.sluice.training.calibrate;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * One tensor of one sample at a cut, in memory of its own. Immutable.
 *
 * @param type of its elements
 * @param shape without the batch dimension
 * @param bytes read-only, little-endian, from position 0 to the limit
 */
@SuppressWarnings("ArrayRecordComponent") // Copied and compared by content.
public record LiveTensor(TensorType type, int[] shape, ByteBuffer bytes) {
  public LiveTensor {
    shape = shape.clone();
    bytes = bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Copies an output of the engine's, whose memory it reuses. */
  static LiveTensor copyOf(OnnxEngine.Tensors tensors, int index, int[] shape) {
    ByteBuffer view = tensors.bytes(index);
    ByteBuffer copy = ByteBuffer.allocate(view.remaining()).put(view).flip();
    return new LiveTensor(tensors.type(index), shape, copy);
  }

  /** Copies float32 values. */
  public static LiveTensor ofFloats(FloatBuffer values, int[] shape) {
    ByteBuffer copy =
        ByteBuffer.allocate(values.remaining() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    copy.asFloatBuffer().put(values.duplicate());
    return new LiveTensor(TensorType.FLOAT32, shape, copy);
  }

  @Override
  public int[] shape() {
    return shape.clone();
  }

  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns whether its elements are float32. */
  public boolean isFloat() {
    return type == TensorType.FLOAT32;
  }

  /**
   * Returns a view of its values.
   *
   * @throws IllegalStateException if they are not float32
   */
  public FloatBuffer floats() {
    if (!isFloat()) {
      throw new IllegalStateException("a tensor of type " + type + " has no float32 values");
    }
    return bytes().asFloatBuffer();
  }

  /** Returns its values as numbers, whatever their type; true is 1. */
  public FloatBuffer numbers() {
    if (isFloat()) {
      return floats();
    }
    ByteBuffer from = bytes();
    FloatBuffer numbers = FloatBuffer.allocate(from.remaining() / type.bytes());
    while (from.hasRemaining()) {
      numbers.put(
          switch (type) {
            case FLOAT32 -> from.getFloat();
            case FLOAT64 -> (float) from.getDouble();
            case INT64 -> from.getLong();
            case INT32 -> from.getInt();
            case FLOAT16 -> half(from.getShort());
            case INT8 -> from.get();
            case UINT8, BOOL -> from.get() & 0xff;
          });
    }
    return numbers.flip();
  }

  private static float half(short bits) {
    int exponent = bits >> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    float magnitude =
        exponent == 0
            ? fraction * 0x1p-24f
            : exponent == 31
                ? (fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN)
                : (float) Math.scalb(1 + fraction / 1024.0, exponent - 15);
    return bits < 0 ? -magnitude : magnitude;
  }

  /** Makes the engine's tensors of one sample. */
  static OnnxEngine.Tensors wrap(OnnxEngine engine, List<LiveTensor> tensors) {
    return engine.wrap(
        tensors.stream().map(LiveTensor::bytes).toList(),
        tensors.stream().map(LiveTensor::type).toList(),
        tensors.stream().map(tensor -> Replay.batchOfOne(tensor.shape)).toList());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LiveTensor that
        && type == that.type
        && Arrays.equals(shape, that.shape)
        && bytes.equals(that.bytes);
  }

  @Override
  public int hashCode() {
    return bytes.hashCode();
  }

  @Override
  public String toString() {
    return "LiveTensor[" + type + " " + Arrays.toString(shape) + "]";
  }
}

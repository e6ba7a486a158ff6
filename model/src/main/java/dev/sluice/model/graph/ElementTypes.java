package dev.sluice.model.graph;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.sluice.model.tensor.TensorType;
import java.util.Arrays;
import java.util.Optional;

/** Element types by their numbers in ONNX. */
final class ElementTypes {
  private ElementTypes() {}

  /** Returns our name of a type that a cut may have. */
  static Optional<TensorType> of(int number) {
    return Arrays.stream(TensorType.values())
        .filter(type -> type.onnxNumber() == number)
        .findFirst();
  }

  /** Returns the bits of an element; 0 where they are not fixed, as for text. */
  static int bits(int number) {
    return switch (number) {
      case TensorProto.DataType.COMPLEX128_VALUE -> 128;
      case TensorProto.DataType.DOUBLE_VALUE,
          TensorProto.DataType.INT64_VALUE,
          TensorProto.DataType.UINT64_VALUE,
          TensorProto.DataType.COMPLEX64_VALUE ->
          64;
      case TensorProto.DataType.FLOAT_VALUE,
          TensorProto.DataType.INT32_VALUE,
          TensorProto.DataType.UINT32_VALUE ->
          32;
      case TensorProto.DataType.FLOAT16_VALUE,
          TensorProto.DataType.BFLOAT16_VALUE,
          TensorProto.DataType.INT16_VALUE,
          TensorProto.DataType.UINT16_VALUE ->
          16;
      case TensorProto.DataType.INT8_VALUE,
          TensorProto.DataType.UINT8_VALUE,
          TensorProto.DataType.BOOL_VALUE,
          TensorProto.DataType.FLOAT8E4M3FN_VALUE,
          TensorProto.DataType.FLOAT8E4M3FNUZ_VALUE,
          TensorProto.DataType.FLOAT8E5M2_VALUE,
          TensorProto.DataType.FLOAT8E5M2FNUZ_VALUE ->
          8;
      case TensorProto.DataType.UINT4_VALUE, TensorProto.DataType.INT4_VALUE -> 4;
      default -> 0;
    };
  }

  /** Returns the bytes of so many elements, packed. */
  static long bytes(int number, long elements) {
    return (Math.multiplyExact(elements, bits(number)) + 7) / 8;
  }
}

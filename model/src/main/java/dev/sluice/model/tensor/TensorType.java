package dev.sluice.model.tensor;

/** Element types that tensors may have where a network is cut. */
public enum TensorType {
  FLOAT32(4, 1),
  FLOAT16(2, 10),
  FLOAT64(8, 11),
  INT64(8, 7),
  INT32(4, 6),
  INT8(1, 3),
  UINT8(1, 2),
  BOOL(1, 9);

  private final int bytes;
  private final int onnxNumber;

  TensorType(int bytes, int onnxNumber) {
    this.bytes = bytes;
    this.onnxNumber = onnxNumber;
  }

  /** Returns the type's number in ONNX files. */
  public int onnxNumber() {
    return onnxNumber;
  }

  /** Returns the bytes of one element in memory. */
  public int bytes() {
    return bytes;
  }
}

package dev.sluice.model.graph;

/** Element types that tensors may have where a network is cut. */
public enum TensorType {
  FLOAT32(4),
  FLOAT16(2),
  FLOAT64(8),
  INT64(8),
  INT32(4),
  INT8(1),
  UINT8(1),
  BOOL(1);

  private final int bytes;

  TensorType(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the bytes of one element in memory. */
  public int bytes() {
    return bytes;
  }
}

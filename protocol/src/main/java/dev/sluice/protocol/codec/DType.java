package dev.sluice.protocol.codec;

/** Element types of tensors on the wire; little-endian where an element has several bytes. */
public enum DType {
  FLOAT32(4),
  INT16(2),
  INT8(1),
  UINT8(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the size of one element. */
  public int bytes() {
    return bytes;
  }
}

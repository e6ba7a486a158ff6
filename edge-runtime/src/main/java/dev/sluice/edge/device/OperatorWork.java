package dev.sluice.edge.device;

/**
 * What one operator of a network does, as far as its time depends on it.
 *
 * @param kind what its time follows from
 * @param macs multiply-accumulates for one sample; 0 for {@link Kind#MEMORY}
 * @param bytes moved from and to memory for one sample; counts for {@link Kind#MEMORY} alone
 */
public record OperatorWork(Kind kind, long macs, long bytes) {
  /** Kinds of operators that devices are differently good at. */
  public enum Kind {
    /** Convolutions over all channels, matrix products: bound by arithmetic. */
    DENSE,
    /** Convolutions with a group per channel or nearly so: little arithmetic per byte. */
    DEPTHWISE,
    /** Additions, pooling and the like: bound by memory. */
    MEMORY
  }

  public OperatorWork {
    if (macs < 0 || bytes < 0) {
      throw new IllegalArgumentException("negative work: %d MACs, %d bytes".formatted(macs, bytes));
    }
  }

  /** A dense operator. */
  public static OperatorWork dense(long macs) {
    return new OperatorWork(Kind.DENSE, macs, 0);
  }

  /** A depthwise convolution. */
  public static OperatorWork depthwise(long macs) {
    return new OperatorWork(Kind.DEPTHWISE, macs, 0);
  }

  /** An operator that is bound by memory. */
  public static OperatorWork memory(long bytes) {
    return new OperatorWork(Kind.MEMORY, 0, bytes);
  }
}

package dev.sluice.scheduler.predict;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What plans that send the same tensors by the same codec send for each replayed row; and how long
 * it takes on the link of the moment, worked out once for all of them. Not thread-safe.
 */
final class Shipment {
  private static final int UNKNOWN = -1;

  /** By row: bytes, envelope included; negative where no plan yet sends it. */
  private final int[] bytes;

  private final double[] transferNanos;
  private Replay.@Nullable Conditions met;

  Shipment(int rows) {
    bytes = new int[rows];
    Arrays.fill(bytes, UNKNOWN);
    transferNanos = new double[rows];
  }

  /** Takes down what a plan sends for a row. */
  void add(int row, int rowBytes) {
    if (bytes[row] == UNKNOWN) {
      bytes[row] = rowBytes;
      met = null;
    } else if (bytes[row] != rowBytes) {
      throw new IllegalStateException("one codec writes a row in two sizes");
    }
  }

  int bytes(int row) {
    return bytes[row];
  }

  /** By row: time on the link alone, 0 where no plan sends it; not to be modified. */
  @SuppressWarnings("ReferenceEquality") // equal conditions are nearly always the same object
  double[] transferNanos(Replay.Conditions conditions) {
    if (met != conditions) {
      for (int row = 0; row < bytes.length; row++) {
        transferNanos[row] = bytes[row] == UNKNOWN ? 0 : conditions.transferNanos(bytes[row]);
      }
      met = conditions;
    }
    return transferNanos;
  }
}

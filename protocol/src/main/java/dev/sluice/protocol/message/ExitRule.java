package dev.sluice.protocol.message;

import java.util.List;

/**
 * The rule by which the worker's exits stop.
 *
 * @param kind what is compared with the thresholds; {@link #TOP1_PROBABILITY} is the only kind of
 *     version 1
 * @param thresholds active exits past the split, in order; at most 64. The final exit is implicit
 */
public record ExitRule(int kind, List<ExitThreshold> thresholds) {
  /** The calibrated probability of the most likely class. */
  public static final int TOP1_PROBABILITY = 1;

  static final int MAX_THRESHOLDS = 64;

  /** No exit but the final one. */
  public static final ExitRule NONE = new ExitRule(TOP1_PROBABILITY, List.of());

  public ExitRule {
    if (kind < 1 || kind > 255) {
      throw new IllegalArgumentException("kind not in [1, 255]: " + kind);
    }
    thresholds = List.copyOf(thresholds);
    if (thresholds.size() > MAX_THRESHOLDS) {
      throw new IllegalArgumentException("more than 64 thresholds: " + thresholds.size());
    }
    for (int i = 1; i < thresholds.size(); i++) {
      if (thresholds.get(i).exit() <= thresholds.get(i - 1).exit()) {
        throw new IllegalArgumentException("exits must ascend: " + thresholds);
      }
    }
  }
}

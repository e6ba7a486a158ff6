package dev.sluice.protocol.message;

import java.util.List;

/**
 * The rule by which the worker's exits stop: top-1 probability against a threshold per exit, which
 * every version knows, or a list of {@link ExitOrder}s.
 *
 * @param kind {@link #TOP1_PROBABILITY} or {@link #LISTED}; others are of a newer version
 * @param thresholds active exits past the split, in order; at most 64. The final exit is implicit
 * @param orders active exits past the split, in order, where the kind is {@link #LISTED}; at most
 *     64, with at most {@value #MAX_VALUES} values in all
 * @param progress what the exits on the device said
 */
public record ExitRule(
    int kind, List<ExitThreshold> thresholds, List<ExitOrder> orders, ExitProgress progress) {
  /** The calibrated probability of the most likely class. */
  public static final int TOP1_PROBABILITY = 1;

  /** Each exit has an order of its own. Workers of the first version refuse this kind. */
  public static final int LISTED = 2;

  /** Most values that the orders of one rule have together, so that they fit a control frame. */
  public static final int MAX_VALUES = 900;

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
    orders = List.copyOf(orders);
    if (orders.size() > MAX_THRESHOLDS) {
      throw new IllegalArgumentException("more than 64 orders: " + orders.size());
    }
    int values = 0;
    for (int i = 0; i < orders.size(); i++) {
      values += orders.get(i).values().size();
      if (i > 0 && orders.get(i).exit() <= orders.get(i - 1).exit()) {
        throw new IllegalArgumentException("exits must ascend: " + orders);
      }
    }
    if (values > MAX_VALUES) {
      throw new IllegalArgumentException("more than 900 values: " + values);
    }
    if (kind == TOP1_PROBABILITY && !orders.isEmpty()) {
      throw new IllegalArgumentException("orders beside thresholds: " + orders);
    }
    if (kind == LISTED && !thresholds.isEmpty()) {
      throw new IllegalArgumentException("thresholds beside orders: " + thresholds);
    }
  }

  /** Returns a rule of thresholds alone. */
  public ExitRule(int kind, List<ExitThreshold> thresholds) {
    this(kind, thresholds, List.of(), ExitProgress.NONE);
  }

  /** Returns a rule with an order for each active exit. */
  public static ExitRule listed(List<ExitOrder> orders, ExitProgress progress) {
    return new ExitRule(LISTED, List.of(), orders, progress);
  }

  /** Returns whether a peer of the first version understands all of it. */
  boolean isPlain() {
    return orders.isEmpty() && progress.equals(ExitProgress.NONE) && kind != LISTED;
  }
}

package dev.sluice.protocol.message;

import java.util.List;

/**
 * The rule of one exit, where an {@link ExitRule} lists one for each.
 *
 * @param exit number of the exit in the bundle, in {@code [0, 255]}
 * @param kind what is judged, in {@code [1, 255]}; a worker refuses kinds that it does not know
 * @param values what the kind compares with; at most {@value ExitRule#MAX_VALUES}, each at least 0
 *     and finite, or positive infinity for "never"
 */
public record ExitOrder(int exit, int kind, List<Double> values) {
  /** Calibrated top-1 probability of at least the one value. */
  public static final int TOP1_PROBABILITY = 1;

  /** Entropy in nats of at most the one value. */
  public static final int ENTROPY_NATS = 2;

  /** Lead of the most likely class over the second of at least the one value. */
  public static final int MARGIN = 3;

  /** The prediction has stayed the same for as many exits in a row as the one value says. */
  public static final int PATIENCE = 4;

  /** Probability by the bundle's class means of at least the one value. */
  public static final int CLASS_MEANS = 5;

  /** Trust score by the bundle's trust sets of at least the one value. */
  public static final int TRUST = 6;

  /** Calibrated top-1 probability of at least the predicted class's value; one value per class. */
  public static final int PER_CLASS = 7;

  /** The same with the thresholds that the bundle brings; no value. */
  public static final int PER_CLASS_FITTED = 8;

  /** In any case; no value. */
  public static final int ALWAYS = 9;

  public ExitOrder {
    if (exit < 0 || exit > 255) {
      throw new IllegalArgumentException("exit not in [0, 255]: " + exit);
    }
    if (kind < 1 || kind > 255) {
      throw new IllegalArgumentException("kind not in [1, 255]: " + kind);
    }
    values = List.copyOf(values);
    if (values.size() > ExitRule.MAX_VALUES) {
      throw new IllegalArgumentException("more than 900 values: " + values.size());
    }
    for (double value : values) {
      if (!(value >= 0)) {
        throw new IllegalArgumentException("value must not be negative: " + value);
      }
    }
  }
}

package dev.sluice.protocol.message;

/**
 * One class of an answer.
 *
 * @param label index of the class, at least 0
 * @param probability calibrated probability, in {@code [0, 1]}
 */
public record ClassScore(int label, float probability) {
  public ClassScore {
    if (label < 0) {
      throw new IllegalArgumentException("label must not be negative: " + label);
    }
    if (!(probability >= 0 && probability <= 1.0001f)) {
      throw new IllegalArgumentException("probability not in [0, 1]: " + probability);
    }
  }
}

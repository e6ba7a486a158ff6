package dev.sluice.edge.session;

import java.util.Objects;

/**
 * A class and how probable it is.
 *
 * @param label index of the class, not negative
 * @param name its name
 * @param probability calibrated, in {@code [0, 1]}
 */
public record Score(int label, String name, double probability) {

  /** Checks that the label is one. */
  public Score {
    Objects.requireNonNull(name, "name");
    if (label < 0) {
      throw new IllegalArgumentException("label must not be negative: " + label);
    }
  }
}

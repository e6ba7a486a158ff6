package dev.sluice.training.data;

import java.util.List;
import java.util.stream.Stream;

/**
 * The five disjoint uses of labelled pictures: choosing on what one trained on, or proving on what
 * one chose by, flatters the result.
 *
 * @param classes class names in order of the labels
 * @param train fits exit heads and transforms
 * @param temperature calibrates the exits
 * @param select chooses codecs, thresholds and plans
 * @param certify proves accuracy floors
 * @param test reports, once
 * @param description what the sets are and how they were divided, for the provenance
 */
public record DataSets(
    List<String> classes,
    LabelledImages train,
    LabelledImages temperature,
    LabelledImages select,
    LabelledImages certify,
    LabelledImages test,
    String description) {
  public DataSets {
    classes = List.copyOf(classes);
    if (classes.size() < 2) {
      throw new IllegalArgumentException("at least two classes are needed: " + classes);
    }
    if (Stream.of(train, temperature, select, certify, test).anyMatch(s -> s.size() == 0)) {
      throw new IllegalArgumentException("every set needs at least one picture");
    }
  }

  /** Returns the sizes in words, for people and for the provenance. */
  public String sizes() {
    return "train %d, temperature %d, select %d, certify %d, test %d"
        .formatted(train.size(), temperature.size(), select.size(), certify.size(), test.size());
  }

  /**
   * Returns the same pictures under other classes.
   *
   * @param to new class of each old one
   * @param names of the new classes
   */
  public DataSets relabelled(int[] to, List<String> names) {
    return new DataSets(
        names,
        new Relabelled(train, to),
        new Relabelled(temperature, to),
        new Relabelled(select, to),
        new Relabelled(certify, to),
        new Relabelled(test, to),
        description);
  }

  /** Returns the same sets with other class names. */
  public DataSets named(List<String> names) {
    if (names.size() != classes.size()) {
      throw new IllegalArgumentException(names.size() + " names for " + classes.size());
    }
    return new DataSets(names, train, temperature, select, certify, test, description);
  }
}

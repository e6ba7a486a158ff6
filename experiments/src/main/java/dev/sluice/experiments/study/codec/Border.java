package dev.sluice.experiments.study.codec;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Where a row of candidates, smallest first, begins to qualify, being found by halving. Not
 * thread-safe.
 */
final class Border<T> {
  private final List<T> candidates;
  private final Predicate<T> qualifies;
  private int low;
  private int high;

  /**
   * Starts with the border anywhere, also behind all.
   *
   * @param candidates smallest first
   * @param qualifies is asked of those that {@link #middle} gave only
   */
  Border(List<T> candidates, Predicate<T> qualifies) {
    this.candidates = List.copyOf(candidates);
    this.qualifies = qualifies;
    this.high = candidates.size();
  }

  /** Returns who tells on which side of it the border lies, empty when it is found. */
  Optional<T> middle() {
    return low < high ? Optional.of(candidates.get((low + high) / 2)) : Optional.empty();
  }

  /** Moves to the side of the middle on which the border is. */
  void move() {
    int middle = (low + high) / 2;
    if (qualifies.test(candidates.get(middle))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }

  /** Leaves out the largest ones that are of no interest any more. */
  void dropLargest(Predicate<T> isOfNoInterest) {
    while (low < high && isOfNoInterest.test(candidates.get(high - 1))) {
      high--;
    }
  }

  Predicate<T> qualifies() {
    return qualifies;
  }
}

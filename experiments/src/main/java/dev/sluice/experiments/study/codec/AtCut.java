package dev.sluice.experiments.study.codec;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What was found at one cut of a network, as it is kept. Immutable; can be written as JSON and read
 * back.
 *
 * @param rows of the chosen contenders on the test set, one per task
 * @param tried all contenders on the select set
 * @param answers of some of the chosen on the test set
 */
record AtCut(List<Row> rows, List<Tried> tried, List<Answers> answers) {
  AtCut {
    rows = List.copyOf(rows);
    tried = List.copyOf(tried);
    answers = List.copyOf(answers);
  }

  static final List<String> TRIED_TITLES =
      List.of(
          "network",
          "cut",
          "kind",
          "family",
          "codec",
          "finalist",
          "samples",
          "mean_bytes",
          "difference_points",
          "unchanged");

  /**
   * A contender on the select set.
   *
   * @param finalist whether it saw the whole set
   * @param samples that it saw
   * @param difference of accuracy against the uncut network in points
   * @param unchanged share of answers that are the uncut network's
   */
  record Tried(
      String subject,
      int cut,
      Kind kind,
      String family,
      String codec,
      boolean finalist,
      int samples,
      double meanBytes,
      double difference,
      double unchanged) {
    List<Object> cells() {
      return List.of(
          subject,
          cut,
          kind.name().toLowerCase(Locale.ROOT),
          family,
          codec,
          finalist,
          samples,
          meanBytes,
          difference,
          unchanged);
    }
  }

  static final List<String> ANSWER_TITLES =
      List.of("network", "cut", "codec", "sample", "bytes", "right", "right_uncut");

  /**
   * What a contender made of every test sample, in their order.
   *
   * @param right 1 where it is right, else 0
   * @param rightUncut the same of the uncut network
   */
  record Answers(
      String subject,
      int cut,
      String codec,
      List<Integer> bytes,
      List<Integer> right,
      List<Integer> rightUncut) {
    Answers {
      bytes = List.copyOf(bytes);
      right = List.copyOf(right);
      rightUncut = List.copyOf(rightUncut);
    }

    List<List<Object>> cells() {
      List<List<Object>> cells = new ArrayList<>();
      for (int sample = 0; sample < bytes.size(); sample++) {
        cells.add(
            List.of(
                subject,
                cut,
                codec,
                sample,
                bytes.get(sample),
                right.get(sample),
                rightUncut.get(sample)));
      }
      return cells;
    }
  }
}

package dev.sluice.experiments.study.ablation;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.grid.Measure;
import dev.sluice.experiments.study.grid.Paired;
import dev.sluice.experiments.study.grid.Series;
import dev.sluice.experiments.study.replay.Question;
import java.util.ArrayList;
import java.util.List;

/**
 * Sluice without a part beside the whole, on one link. Immutable.
 *
 * @param link name of the link
 * @param cost without the part over the whole's, with its paired interval; 1 where neither costs
 *     anything, infinite where only the whole costs nothing
 * @param wholeBreaks constraints that the whole breaks
 * @param withoutBreaks constraints that are broken without the part
 * @param keepsAsMuch whether nothing is broken without the part that the whole keeps, and what both
 *     break not more than by the whole
 */
record Comparison(
    String link,
    Interval cost,
    List<String> wholeBreaks,
    List<String> withoutBreaks,
    boolean keepsAsMuch) {
  static final String DEADLINE = "deadline";
  static final String ACCURACY = "accuracy";

  private static final double POINTS = 100;
  private static final double ROUNDING = 1e-9;

  Comparison {
    wholeBreaks = List.copyOf(wholeBreaks);
    withoutBreaks = List.copyOf(withoutBreaks);
  }

  /**
   * Compares.
   *
   * @param whole Sluice
   * @param without Sluice without the part, on the same frames
   * @param cost what the question minimises
   * @param seed of the resampling
   */
  static Comparison of(Series whole, Series without, Question question, Measure cost, long seed) {
    return new Comparison(
        whole.point().link(),
        cost(whole, without, cost, seed),
        breaks(whole, question),
        breaks(without, question),
        keepsAsMuch(whole, without, question));
  }

  private static Interval cost(Series whole, Series without, Measure cost, long seed) {
    if (whole.value(cost) > 0) {
      return without.value(cost) > 0
          ? Paired.ratio(cost, without, whole, seed)
          : new Interval(0, 0, 0);
    }
    double ratio = without.value(cost) > 0 ? Double.POSITIVE_INFINITY : 1;
    return new Interval(ratio, ratio, ratio);
  }

  private static List<String> breaks(Series series, Question question) {
    List<String> broken = new ArrayList<>();
    if (series.value(Measure.LATE) > question.mostLate() + ROUNDING) {
      broken.add(DEADLINE);
    }
    if (!series.accurate(POINTS * question.mostLoss())) {
      broken.add(ACCURACY);
    }
    return broken;
  }

  private static boolean keepsAsMuch(Series whole, Series without, Question question) {
    double late = Math.max(question.mostLate(), whole.value(Measure.LATE));
    double points = POINTS * question.mostLoss();
    return without.value(Measure.LATE) <= late + ROUNDING
        && (without.accurate(points)
            || (!whole.accurate(points)
                && without.difference().value() >= whole.difference().value() - ROUNDING));
  }

  /** Whether less is shown to be spent without the part, for as much as the whole keeps. */
  boolean better() {
    return keepsAsMuch && cost.high() < 1;
  }

  /** In a word. */
  String verdict() {
    if (!keepsAsMuch) {
      return "breaks more: " + String.join(", ", withoutBreaks);
    }
    return cost.high() < 1 ? "CHEAPER" : cost.low() > 1 ? "dearer" : "alike";
  }
}

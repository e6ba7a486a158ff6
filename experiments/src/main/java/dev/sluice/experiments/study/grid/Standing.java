package dev.sluice.experiments.study.grid;

import dev.sluice.experiments.report.Interval;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A strategy beside the best of its rivals at a point. Immutable.
 *
 * @param point where
 * @param own the strategy
 * @param accurate whether it is accurate enough to be compared
 * @param rival the best rival that is accurate enough, if any is
 * @param ratio the strategy's figure over that rival's; empty where either is not accurate enough,
 *     or the rival's figure is 0
 */
public record Standing(
    CellKey.Point point,
    Series own,
    boolean accurate,
    Optional<Series> rival,
    Optional<Interval> ratio) {

  /** Which rivals may compare. */
  public enum Against {
    /** All that are accurate enough on the frames of the study. */
    ACCURATE,

    /** Of these, those for whose every plan the task's accuracy floor is proven, as is Sluice's. */
    PROVEN;

    /**
     * Whether a series may compare.
     *
     * @param loss points of accuracy below the uncut network's that are equal to it
     */
    public boolean admits(Series series, double loss) {
      return series.accurate(loss) && (this == ACCURATE || series.proven());
    }
  }

  /**
   * Ranks at every point.
   *
   * @param points where; those at which the strategy took no part are left out
   * @param rivals names of the others
   * @param loss points of accuracy below the uncut network's that are equal to it
   * @param against which of the rivals may compare
   * @param seed of the resampling
   */
  public static List<Standing> of(
      GridResults results,
      List<CellKey.Point> points,
      String strategy,
      List<String> rivals,
      Measure measure,
      double loss,
      Against against,
      long seed) {
    List<Standing> standings = new ArrayList<>();
    for (CellKey.Point point : points) {
      Optional<Series> own = results.at(point, strategy);
      if (own.isPresent()) {
        Optional<Series> best =
            results.best(point, rivals, measure, some -> against.admits(some, loss));
        boolean accurate = own.get().accurate(loss);
        Optional<Interval> ratio =
            accurate
                ? best.filter(rival -> rival.value(measure) > 0)
                    .map(rival -> Paired.ratio(measure, own.get(), rival, seed))
                : Optional.empty();
        standings.add(new Standing(point, own.get(), accurate, best, ratio));
      }
    }
    return standings;
  }

  /** The ratio that is furthest on the wrong side, if there is any. */
  public static Optional<Standing> worst(List<Standing> standings, Measure measure) {
    Comparator<Standing> order =
        Comparator.comparingDouble(standing -> standing.ratio().orElseThrow().value());
    return standings.stream()
        .filter(standing -> standing.ratio().isPresent())
        .min(measure.moreIsBetter() ? order : order.reversed());
  }

  /** Points at which the strategy is shown to be less accurate than allowed. */
  public static int inaccurate(List<Standing> standings) {
    return Math.toIntExact(standings.stream().filter(standing -> !standing.accurate()).count());
  }
}

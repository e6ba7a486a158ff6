package dev.sluice.experiments.study.map;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.GridResults;
import dev.sluice.experiments.study.grid.Measure;
import dev.sluice.experiments.study.grid.Paired;
import dev.sluice.experiments.study.grid.Series;
import dev.sluice.experiments.study.grid.Standing;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A point of the map. Immutable.
 *
 * @param point where
 * @param winner the quickest kind among those that are accurate enough
 * @param second the next one, empty if there is none
 * @param margin latency of the second over the winner's; empty without a second
 * @param jointAccurate whether the joint plan is accurate enough
 * @param overBestOther latency of the joint plan over that of the best other kind; empty where
 *     either is missing
 * @param overBestProven the same over the best other kind by a strategy for whose every plan the
 *     accuracy is proven, as it is for the joint plan's
 * @param splitOverBestOther the same of the best single split without exits over all kinds that do
 *     not split; below 1 where splitting alone pays
 */
record Region(
    CellKey.Point point,
    String winner,
    String second,
    Optional<Interval> margin,
    boolean jointAccurate,
    Optional<Interval> overBestOther,
    Optional<Interval> overBestProven,
    Optional<Interval> splitOverBestOther) {
  private static final Measure LATENCY = Measure.MEAN_LATENCY;
  private static final double NOTICEABLE = 1.02;
  private static final String SPLIT = "split";

  /** Kinds that may split. */
  private static final String JOINT_RIVALS = "joint rivals";

  static final List<String> TITLES =
      List.of(
          "bundle",
          "device",
          "link",
          "winner",
          "second",
          "margin",
          "margin_low",
          "margin_high",
          "joint_accurate",
          "joint_over_best_other",
          "joint_low",
          "joint_high",
          "joint_over_best_proven",
          "proven_low",
          "proven_high",
          "split_over_unsplit",
          "split_low",
          "split_high");

  /** Judges a point; empty if no kind is accurate enough there. */
  static Optional<Region> of(
      GridResults results, CellKey.Point point, MapStudy.Config config, long seed) {
    Map<String, Series> best = best(results, point, config, Standing.Against.ACCURATE);
    Map<String, Series> proven = best(results, point, config, Standing.Against.PROVEN);
    List<String> order =
        best.entrySet().stream()
            .sorted(Comparator.comparingDouble(kind -> kind.getValue().value(LATENCY)))
            .map(Map.Entry::getKey)
            .toList();
    if (order.isEmpty()) {
      return Optional.empty();
    }
    String winner = order.get(0);
    Optional<String> second = order.size() > 1 ? Optional.of(order.get(1)) : Optional.empty();
    List<String> unsplit =
        order.stream()
            .filter(
                kind ->
                    !kind.equals(SPLIT)
                        && !kind.equals(JOINT_RIVALS)
                        && !kind.equals(config.joint()))
            .toList();
    return Optional.of(
        new Region(
            point,
            winner,
            second.orElse(""),
            second.flatMap(kind -> ratio(best, kind, Optional.of(winner), seed)),
            best.containsKey(config.joint()),
            ratio(best, config.joint(), quickestOther(best, config.joint()), seed),
            Optional.ofNullable(best.get(config.joint()))
                .flatMap(
                    joint ->
                        quickestOther(proven, config.joint())
                            .map(proven::get)
                            .map(other -> Paired.ratio(LATENCY, joint, other, seed))),
            ratio(best, SPLIT, unsplit.stream().findFirst(), seed)));
  }

  /** By kind, the quickest of its strategies that may compare. */
  private static Map<String, Series> best(
      GridResults results, CellKey.Point point, MapStudy.Config config, Standing.Against against) {
    Map<String, Series> best = new LinkedHashMap<>();
    double loss = config.grid().points();
    config
        .kinds()
        .forEach(
            (kind, strategies) ->
                results
                    .best(point, strategies, LATENCY, some -> against.admits(some, loss))
                    .ifPresent(series -> best.put(kind, series)));
    return best;
  }

  private static Optional<String> quickestOther(Map<String, Series> best, String joint) {
    return best.entrySet().stream()
        .filter(kind -> !kind.getKey().equals(joint))
        .min(Comparator.comparingDouble(kind -> kind.getValue().value(LATENCY)))
        .map(Map.Entry::getKey);
  }

  private static Optional<Interval> ratio(
      Map<String, Series> best, String above, Optional<String> below, long seed) {
    Optional<Series> one = Optional.ofNullable(best.get(above));
    Optional<Series> other = below.flatMap(kind -> Optional.ofNullable(best.get(kind)));
    return one.isPresent() && other.isPresent()
        ? Optional.of(Paired.ratio(LATENCY, one.get(), other.get(), seed))
        : Optional.empty();
  }

  /** Whether a ratio of latencies is above 1 by more than 2 %, noise apart. */
  static boolean clearlyWorse(Interval ratio) {
    return ratio.low() > NOTICEABLE;
  }

  List<Object> line() {
    return List.of(
        point.bundle(),
        point.device(),
        point.link(),
        winner,
        second,
        text(margin, Interval::value),
        text(margin, Interval::low),
        text(margin, Interval::high),
        jointAccurate,
        text(overBestOther, Interval::value),
        text(overBestOther, Interval::low),
        text(overBestOther, Interval::high),
        text(overBestProven, Interval::value),
        text(overBestProven, Interval::low),
        text(overBestProven, Interval::high),
        text(splitOverBestOther, Interval::value),
        text(splitOverBestOther, Interval::low),
        text(splitOverBestOther, Interval::high));
  }

  private static String text(
      Optional<Interval> interval, java.util.function.ToDoubleFunction<Interval> part) {
    return interval.map(known -> String.valueOf(part.applyAsDouble(known))).orElse("");
  }
}

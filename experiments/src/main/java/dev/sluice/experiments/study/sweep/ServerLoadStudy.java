package dev.sluice.experiments.study.sweep;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.Entrants;
import dev.sluice.experiments.study.grid.Grid;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.grid.GridResults;
import dev.sluice.experiments.study.grid.Measure;
import dev.sluice.experiments.study.grid.Paired;
import dev.sluice.experiments.study.grid.Series;
import dev.sluice.experiments.study.grid.StrategyTable;
import dev.sluice.experiments.study.grid.StudyFile;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much less does a worker compute per answer, at a deadline that the device alone cannot hold?
 *
 * <p>Against sending every picture and against Neurosurgeon, at every rate of the uplink at which
 * both hold the deadline (at most 5 % late) and the accuracy. SPINN reports up to 6.8 times less
 * (abstract of Laskaridis et al., MobiCom 2020). All is emulated.
 */
public final class ServerLoadStudy implements Study {
  private static final double MOST_LATE = 0.05;

  /**
   * Whom Sluice is compared with, and what is wanted at best. All that send pictures cost a worker
   * nearly the same, decoding apart; which of them keep deadline and accuracy is another matter.
   */
  private static final Map<String, String> WANTED = wanted();

  private static Map<String, String> wanted() {
    Map<String, String> wanted = new LinkedHashMap<>();
    wanted.put("cloud-only best", ">= 7");
    wanted.put("cloud-only jpeg-75", ">= 7");
    wanted.put("neurosurgeon", ">= 1");
    return Collections.unmodifiableMap(wanted);
  }

  @Override
  public String name() {
    return "server-load";
  }

  @Override
  public String question() {
    return "How much less does a worker compute per answer, and how many devices can it serve?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    GridConfig config =
        StudyFile.read(context, getClass(), "server-load.yaml", GridConfig.class).aboutSluice();
    GridResults results = new Grid(context, config).run();
    results.write(context);
    long seed = context.seed("resampling");
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> served = new ArrayList<>();
    for (String bundle : results.bundles()) {
      List<CellKey.Point> points =
          results.points().stream().filter(p -> p.bundle().equals(bundle)).toList();
      Map<String, CellKey.Point> columns = GridResults.byLink(points);
      StrategyTable.show(
          context,
          bundle,
          StrategyTable.Along.uplink(config),
          columns,
          results,
          config.strategies(),
          StrategyTable.Quantity.of("worker's compute per frame", Measure.WORKER),
          config.points());
      StrategyTable.show(
          context,
          bundle,
          StrategyTable.Along.uplink(config),
          columns,
          results,
          config.strategies(),
          StrategyTable.Quantity.LATE,
          config.points());
      for (CellKey.Point point : points) {
        results.all(point).values().forEach(series -> served.add(served(series)));
      }
      claims.addAll(claims(bundle, results, points, config, seed));
    }
    context.csv(
        "served.csv",
        List.of(
            "bundle", "link", "strategy", "late", "worker_ms_per_frame", "frames_per_s_per_core"),
        served);
    return claims;
  }

  /** What is claimed of a bundle. */
  static List<Claim> claims(
      String bundle,
      GridResults results,
      List<CellKey.Point> points,
      GridConfig config,
      long seed) {
    List<Claim> claims = new ArrayList<>(held(bundle, results, points, config));
    WANTED.forEach(
        (rival, wanted) ->
            claims.addAll(less(bundle, results, points, rival, wanted, config, seed)));
    return claims;
  }

  /** What one core of a worker computes at most; without end where it computes nothing. */
  private static List<Object> served(Series series) {
    double millis = series.value(Measure.WORKER);
    return List.of(
        series.point().bundle(),
        series.point().link(),
        series.strategy(),
        series.value(Measure.LATE),
        millis,
        millis == 0 ? "" : String.valueOf(1e3 / millis));
  }

  private static boolean holds(Series series, double loss) {
    return series.value(Measure.LATE) <= MOST_LATE && series.accurate(loss);
  }

  private static List<Claim> held(
      String bundle, GridResults results, List<CellKey.Point> points, GridConfig config) {
    long broken =
        points.stream()
            .filter(
                point ->
                    results.all(point).values().stream()
                        .anyMatch(
                            rival ->
                                !rival.strategy().equals(Entrants.SLUICE)
                                    && holds(rival, config.points())))
            .flatMap(point -> results.at(point, Entrants.SLUICE).stream())
            .filter(own -> !holds(own, config.points()))
            .count();
    long alone =
        points.stream()
            .flatMap(point -> results.at(point, "device-only").stream())
            .filter(series -> holds(series, config.points()))
            .count();
    return List.of(
        Claim.of(
            bundle + ": rates at which some rival holds deadline and accuracy and Sluice not",
            (double) broken,
            "rates",
            "= 0",
            points.size()),
        Claim.of(
            bundle + ": rates at which the device alone holds the deadline (the condition)",
            (double) alone,
            "rates",
            "= 0",
            points.size()));
  }

  private static List<Claim> less(
      String bundle,
      GridResults results,
      List<CellKey.Point> points,
      String rival,
      String wanted,
      GridConfig config,
      long seed) {
    List<Paired.Pair> pairs = new ArrayList<>();
    int none = 0;
    for (CellKey.Point point : points) {
      var own = results.at(point, Entrants.SLUICE).filter(s -> holds(s, config.points()));
      var other = results.at(point, rival).filter(s -> holds(s, config.points()));
      if (own.isPresent() && other.isPresent() && other.get().value(Measure.WORKER) > 0) {
        if (own.get().value(Measure.WORKER) > 0) {
          pairs.add(new Paired.Pair(other.get(), own.get()));
        } else {
          none++;
        }
      }
    }
    if (pairs.isEmpty()) {
      return List.of(
          Claim.of(
              "%s: worker's compute of %s over Sluice's: nowhere do both hold, emulated"
                  .formatted(bundle, rival),
              Double.NaN,
              "ratio",
              wanted,
              0));
    }
    Interval best =
        pairs.stream()
            .map(pair -> Paired.ratio(Measure.WORKER, pair.above(), pair.below(), seed))
            .max(Comparator.comparingDouble(Interval::value))
            .orElseThrow();
    int frames = pairs.get(0).above().frames();
    String without =
        none == 0 ? "" : ", %d rates where Sluice needs no worker apart".formatted(none);
    return List.of(
        Claim.of(
            "%s: worker's compute of %s over Sluice's, best rate%s, emulated"
                .formatted(bundle, rival, without),
            best,
            "ratio",
            wanted,
            frames),
        Claim.of(
            "%s: worker's compute of %s over Sluice's, geometric mean of %d rates, emulated"
                .formatted(bundle, rival, pairs.size()),
            Paired.geometricMean(Measure.WORKER, pairs, seed),
            "ratio",
            ">= 1",
            frames * pairs.size()));
  }
}

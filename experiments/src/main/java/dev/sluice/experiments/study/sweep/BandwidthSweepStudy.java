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
import dev.sluice.experiments.study.grid.Standing;
import dev.sluice.experiments.study.grid.StrategyTable;
import dev.sluice.experiments.study.grid.StudyFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How much is served at equal accuracy, and how quickly, as the uplink gets faster? The main figure
 * of SPINN (Laskaridis et al., MobiCom 2020), with every rival on Sluice's terms and on its
 * paper's.
 *
 * <p>Throughput is what gets through with eight frames under way all the time. Latency is that of
 * frames that come at random, counted from capture. Both are emulated.
 */
public final class BandwidthSweepStudy implements Study {
  private static final String THROUGHPUT = "throughput";
  private static final String LATENCY = "latency";

  /** Neurosurgeon with its own codec, as the wanted factors are meant. */
  private static final String NEUROSURGEON = "neurosurgeon as published";

  @Override
  public String name() {
    return "bandwidth-sweep";
  }

  @Override
  public String question() {
    return "How much is served at equal accuracy, and how quickly, from 0.25 to 100 Mbit/s?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    GridConfig config =
        StudyFile.read(context, getClass(), "bandwidth-sweep.yaml", GridConfig.class).aboutSluice();
    GridResults results = new Grid(context, config).run();
    results.write(context);
    long seed = context.seed("resampling");
    List<String> rivals =
        config.strategies().stream().filter(name -> !name.equals(Entrants.SLUICE)).toList();
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    for (String bundle : results.bundles()) {
      for (GridConfig.Task task : config.tasks()) {
        Measure measure = measure(task.name());
        List<CellKey.Point> points =
            results.points(task.name()).stream().filter(p -> p.bundle().equals(bundle)).toList();
        List<Standing> standings =
            standings(results, points, rivals, measure, config, Standing.Against.ACCURATE, seed);
        List<Standing> amongProven =
            standings(results, points, rivals, measure, config, Standing.Against.PROVEN, seed);
        Map<String, CellKey.Point> columns = GridResults.byLink(points);
        StrategyTable.show(
            context,
            bundle,
            StrategyTable.Along.uplink(config),
            columns,
            results,
            config.strategies(),
            StrategyTable.Quantity.of(
                measure == Measure.THROUGHPUT ? "throughput" : "mean latency", measure),
            config.points());
        standings.forEach(standing -> lines.add(line("accurate", standing, measure)));
        amongProven.forEach(standing -> lines.add(line("proven", standing, measure)));
        claims.addAll(claims(bundle, task.name(), standings, amongProven));
        if (measure == Measure.THROUGHPUT) {
          claims.addAll(neurosurgeon(bundle, results, points, config.points(), seed));
        }
      }
    }
    context.csv("standings.csv", TITLES, lines);
    return claims;
  }

  /**
   * What is claimed of a bundle and task.
   *
   * @param amongProven the same points against rivals whose plans are proven
   */
  static List<Claim> claims(
      String bundle, String task, List<Standing> standings, List<Standing> amongProven) {
    Measure measure = measure(task);
    List<Claim> claims = new ArrayList<>();
    claims.add(
        Claim.of(
            bundle + ", " + task + ": rates at which Sluice is less accurate than allowed",
            Standing.inaccurate(standings),
            "rates",
            "= 0",
            standings.size()));
    claims.addAll(best(bundle, task, "best rival's", measure, standings));
    claims.addAll(best(bundle, task, "best rival's whose plans are proven", measure, amongProven));
    return claims;
  }

  private static List<Standing> standings(
      GridResults results,
      List<CellKey.Point> points,
      List<String> rivals,
      Measure measure,
      GridConfig config,
      Standing.Against against,
      long seed) {
    return Standing.of(
        results, points, Entrants.SLUICE, rivals, measure, config.points(), against, seed);
  }

  private static Measure measure(String task) {
    return switch (task) {
      case THROUGHPUT -> Measure.THROUGHPUT;
      case LATENCY -> Measure.MEAN_LATENCY;
      default ->
          throw new IllegalArgumentException(
              "the tasks of this study are called throughput and latency, not " + task);
    };
  }

  private static final List<String> TITLES =
      List.of(
          "bundle",
          "device",
          "link",
          "task",
          "sluice",
          "accurate",
          "against",
          "best_rival",
          "rival",
          "ratio",
          "low",
          "high");

  private static List<Object> line(String against, Standing standing, Measure measure) {
    CellKey.Point point = standing.point();
    return List.of(
        point.bundle(),
        point.device(),
        point.link(),
        point.task(),
        standing.own().value(measure),
        standing.accurate(),
        against,
        standing.rival().map(Series::strategy).orElse(""),
        standing.rival().map(rival -> String.valueOf(rival.value(measure))).orElse(""),
        standing.ratio().map(ratio -> String.valueOf(ratio.value())).orElse(""),
        standing.ratio().map(ratio -> String.valueOf(ratio.low())).orElse(""),
        standing.ratio().map(ratio -> String.valueOf(ratio.high())).orElse(""));
  }

  /** At every point at least the best rival within 2 %. */
  private static List<Claim> best(
      String bundle, String task, String whose, Measure measure, List<Standing> standings) {
    return Standing.worst(standings, measure).stream()
        .map(
            worst ->
                Claim.of(
                    "%s, %s over the %s, worst rate (%s, %s), emulated"
                        .formatted(
                            bundle,
                            task,
                            whose,
                            worst.point().link(),
                            worst.rival().orElseThrow().strategy()),
                    worst.ratio().orElseThrow(),
                    "ratio",
                    measure.moreIsBetter() ? ">= 0.98" : "<= 1.02",
                    worst.own().frames()))
        .toList();
  }

  /** Against Neurosurgeon with its own codec, somewhere and in the geometric mean. */
  static List<Claim> neurosurgeon(
      String bundle, GridResults results, List<CellKey.Point> points, double loss, long seed) {
    List<Paired.Pair> pairs = new ArrayList<>();
    for (CellKey.Point point : points) {
      Optional<Series> own = results.at(point, Entrants.SLUICE).filter(s -> s.accurate(loss));
      Optional<Series> other = results.at(point, NEUROSURGEON);
      if (own.isPresent() && other.isPresent()) {
        pairs.add(new Paired.Pair(own.get(), other.get()));
      }
    }
    if (pairs.isEmpty()) {
      return List.of(
          Claim.of(
              bundle + ", throughput over Neurosurgeon's with its own codec: nothing to compare",
              Double.NaN,
              "ratio",
              ">= 2.5",
              0));
    }
    Interval best =
        pairs.stream()
            .map(pair -> Paired.ratio(Measure.THROUGHPUT, pair.above(), pair.below(), seed))
            .max(Comparator.comparingDouble(Interval::value))
            .orElseThrow();
    int frames = pairs.get(0).above().frames();
    return List.of(
        Claim.of(
            bundle + ", throughput over Neurosurgeon's with its own codec, best rate, emulated",
            best,
            "ratio",
            ">= 2.5",
            frames),
        Claim.of(
            bundle
                + ", throughput over Neurosurgeon's with its own codec, geometric mean, emulated",
            Paired.geometricMean(Measure.THROUGHPUT, pairs, seed),
            "ratio",
            ">= 1.5",
            frames * pairs.size()));
  }
}

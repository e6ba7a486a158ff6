package dev.sluice.experiments.study.ablation;

import dev.sluice.experiments.report.Claim;
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
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Question;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is each part of Sluice worth? The same streams with one part taken away at a time: what the
 * objective minimises, as a ratio to the whole, and what is broken that the whole holds. All is
 * emulated.
 *
 * <p>A part that only keeps promises, such as certification, may cost something: without it less is
 * spent, and more is broken.
 */
public final class AblationStudy implements Study {
  private static final double PERCENT = 100;

  @Override
  public String name() {
    return "ablation";
  }

  @Override
  public String question() {
    return "What is each part of Sluice worth: what does it cost to go without, and what breaks?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    GridConfig config =
        StudyFile.read(context, getClass(), "ablation.yaml", GridConfig.class).aboutSluice();
    List<Contender> own = new ArrayList<>(Ablation.contenders());
    own.add(0, Contender.SLUICE);
    GridResults results = new Grid(context, config, new Entrants(own)).run();
    results.write(context);
    long seed = context.seed("resampling");
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    for (String bundle : results.bundles()) {
      for (GridConfig.Task task : config.tasks()) {
        Measure cost = cost(task.question());
        List<CellKey.Point> points =
            results.points(task.name()).stream().filter(p -> p.bundle().equals(bundle)).toList();
        Map<String, CellKey.Point> columns = GridResults.byLink(points);
        String where = bundle + ", " + task.name();
        StrategyTable.show(
            context,
            where + ": " + cost.name().toLowerCase(java.util.Locale.ROOT) + ", " + cost.unit(),
            columns,
            results,
            config.strategies(),
            series -> series.value(cost),
            config.points());
        StrategyTable.show(
            context,
            where + ": late, %",
            columns,
            results,
            config.strategies(),
            series -> PERCENT * series.value(Measure.LATE),
            PERCENT);
        for (String strategy : config.strategies()) {
          if (!strategy.equals(Entrants.SLUICE)) {
            worth(where, results, points, strategy, task.question(), seed)
                .ifPresent(
                    worth -> {
                      lines.add(worth.line());
                      claims.addAll(worth.claims());
                    });
          }
        }
      }
    }
    context.csv("ablation.csv", TITLES, lines);
    return claims;
  }

  /** What a question minimises, as streams measure it. */
  static Measure cost(Question question) {
    return switch (question.cost().kind()) {
      case WORKER_COMPUTE -> Measure.WORKER;
      case UPLINK_BYTES -> Measure.BYTES;
      case DEVICE_COMPUTE -> Measure.DEVICE;
      case MEAN_LATENCY -> Measure.MEAN_LATENCY;
      case ACCURACY,
          LATENCY_PERCENTILE,
          DEADLINE_MISSES,
          THROUGHPUT,
          DEVICE_ENERGY,
          DEVICE_MEMORY,
          MONTHLY_UPLINK_BYTES ->
          throw new IllegalArgumentException("not a cost of this study: " + question.cost());
    };
  }

  private static final List<String> TITLES =
      List.of(
          "where",
          "strategy",
          "points",
          "cost_ratio",
          "low",
          "high",
          "zero_costs",
          "broken_by_whole",
          "broken_without");

  private static boolean holds(Series series, Question question) {
    return series.value(Measure.LATE) <= question.mostLate() + 1e-9
        && series.accurate(PERCENT * question.mostLoss());
  }

  private static Optional<Worth> worth(
      String where,
      GridResults results,
      List<CellKey.Point> points,
      String strategy,
      Question question,
      long seed) {
    Measure cost = cost(question);
    List<Paired.Pair> pairs = new ArrayList<>();
    int zeros = 0;
    int whole = 0;
    int without = 0;
    for (CellKey.Point point : points) {
      Optional<Series> full = results.at(point, Entrants.SLUICE);
      Optional<Series> less = results.at(point, strategy);
      if (full.isPresent() && less.isPresent()) {
        whole += holds(full.get(), question) ? 0 : 1;
        without += holds(less.get(), question) ? 0 : 1;
        if (full.get().value(cost) > 0 && less.get().value(cost) > 0) {
          pairs.add(new Paired.Pair(less.get(), full.get()));
        } else {
          zeros++;
        }
      }
    }
    return pairs.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Worth(
                where,
                strategy,
                pairs.size(),
                Paired.geometricMean(cost, pairs, seed),
                zeros,
                whole,
                without,
                pairs.get(0).above().frames() * pairs.size()));
  }

  /**
   * What became of Sluice without a part.
   *
   * @param cost without it over with it, geometric mean over the links where both have some
   * @param zeros links where one of them costs nothing
   * @param brokenByWhole links on which Sluice breaks deadline or accuracy
   * @param brokenWithout links on which it does without the part
   */
  private record Worth(
      String where,
      String strategy,
      int points,
      dev.sluice.experiments.report.Interval cost,
      int zeros,
      int brokenByWhole,
      int brokenWithout,
      int frames) {
    List<Object> line() {
      return List.of(
          where,
          strategy,
          points,
          cost.value(),
          cost.low(),
          cost.high(),
          zeros,
          brokenByWhole,
          brokenWithout);
    }

    /** That it is not better without: in cost, or else in what is held. */
    List<Claim> claims() {
      return List.of(
          Claim.of(
              "%s: cost %s over the whole's, geometric mean%s, emulated"
                  .formatted(
                      where,
                      strategy,
                      brokenWithout > brokenByWhole
                          ? " (breaks %d links, the whole %d)"
                              .formatted(brokenWithout, brokenByWhole)
                          : ""),
              cost,
              "ratio",
              ">= 1",
              frames));
    }
  }
}

package dev.sluice.experiments.study.sweep;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.Block;
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
import dev.sluice.experiments.study.replay.Question;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How accurate are answers by a deadline, from short ones to long ones? What is late is wrong. The
 * whole curve counts: the area under it, as a share of the deadlines' range, in points.
 *
 * <p>SPINN reports up to 20.7 points more under latency constraints (abstract of Laskaridis et al.,
 * MobiCom 2020) than systems without early exits. Beside the areas stands the largest gain over the
 * best strategy without exits at one deadline. All is emulated.
 */
public final class LatencySlaStudy implements Study {
  private static final double POINTS = 100;

  /** Accuracy is what is measured, so nobody is left out for it. */
  private static final double ANY_LOSS = 100;

  /**
   * The study's file: a grid with a task for every deadline.
   *
   * @param deadlinesMillis ascending, at least two
   * @param objective with DEADLINE in place of the deadline
   * @param singleExit strategies without early exits, for the comparison with SPINN's figure
   */
  record Config(
      @JsonProperty(required = true) List<String> bundles,
      @JsonProperty(required = true) int pictures,
      @JsonProperty(required = true) List<GridConfig.Device> devices,
      @JsonProperty(required = true) List<GridConfig.Link> links,
      @JsonProperty(required = true) List<Integer> deadlinesMillis,
      @JsonProperty(required = true) String objective,
      @JsonProperty(required = true) GridConfig.LoadSpec load,
      @JsonProperty(required = true) List<String> strategies,
      @JsonProperty(required = true) List<String> singleExit,
      @JsonProperty(required = true) int frames,
      @JsonProperty(required = true) int warmUpFrames,
      @JsonProperty(required = true) int blockFrames,
      @JsonProperty(required = true) int seeds) {
    Config {
      if (deadlinesMillis.size() < 2) {
        throw new IllegalArgumentException("deadlinesMillis must be at least two");
      }
      for (int i = 1; i < deadlinesMillis.size(); i++) {
        if (deadlinesMillis.get(i) <= deadlinesMillis.get(i - 1)) {
          throw new IllegalArgumentException("deadlinesMillis must ascend: " + deadlinesMillis);
        }
      }
      if (!objective.contains("DEADLINE")) {
        throw new IllegalArgumentException("the objective must hold the word DEADLINE");
      }
      Question.of(task(deadlinesMillis.get(0)), within(objective, deadlinesMillis.get(0)));
    }

    GridConfig grid() {
      List<GridConfig.Task> tasks =
          deadlinesMillis.stream()
              .map(millis -> new GridConfig.Task(task(millis), within(objective, millis), load))
              .toList();
      return new GridConfig(
          bundles,
          pictures,
          devices,
          links,
          null,
          tasks,
          strategies,
          frames,
          warmUpFrames,
          blockFrames,
          seeds,
          ANY_LOSS);
    }

    private static String within(String objective, int deadlineMillis) {
      return objective.replace("DEADLINE", deadlineMillis + " ms");
    }

    static String task(int deadlineMillis) {
      return deadlineMillis + " ms";
    }
  }

  @Override
  public String name() {
    return "latency-sla";
  }

  @Override
  public String question() {
    return "How accurate are answers by a deadline, from 20 to 200 ms, if late ones are wrong?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    Config config = StudyFile.read(context, getClass(), "latency-sla.yaml", Config.class);
    GridResults results = new Grid(context, config.grid()).run();
    results.write(context);
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    for (String bundle : results.bundles()) {
      for (GridConfig.Device device : config.devices()) {
        for (GridConfig.Link link : config.links()) {
          Map<String, CellKey.Point> points = new LinkedHashMap<>();
          Map<String, Integer> deadlines = new LinkedHashMap<>();
          for (int deadline : config.deadlinesMillis()) {
            String task = Config.task(deadline);
            deadlines.put(task, deadline);
            points.put(task, new CellKey.Point(bundle, device.name(), link.name(), task));
          }
          if (points.values().stream().allMatch(point -> results.all(point).isEmpty())) {
            continue;
          }
          StrategyTable.show(
              context,
              "%s, %s, %s".formatted(bundle, device.name(), link.name()),
              new StrategyTable.Along(
                  Axis.of("deadline", "ms"), point -> deadlines.getOrDefault(point.task(), 0)),
              points,
              results,
              config.strategies(),
              StrategyTable.Quantity.RIGHT_IN_TIME,
              ANY_LOSS);
          String where = "%s, %s, %s".formatted(bundle, device.name(), link.name());
          Curves curves = new Curves(results, List.copyOf(points.values()), config);
          lines.addAll(curves.lines(where));
          claims.addAll(curves.claims(where));
        }
      }
    }
    context.csv(
        "areas.csv",
        List.of("where", "strategy", "area_points", "sluice_gain", "low", "high"),
        lines);
    return claims;
  }

  /** The curves of all strategies on one link. */
  record Curves(GridResults results, List<CellKey.Point> points, Config config) {
    /** Areas by group of blocks, in points; empty if the strategy took no part. */
    Optional<double[]> areas(String strategy) {
      List<List<List<Block>>> curve = new ArrayList<>();
      for (CellKey.Point point : points) {
        Optional<Series> series = results.at(point, strategy);
        if (series.isEmpty()) {
          return Optional.empty();
        }
        curve.add(series.get().groups());
      }
      double[] areas = new double[curve.get(0).size()];
      for (int group = 0; group < areas.length; group++) {
        areas[group] = area(curve, group, config.deadlinesMillis());
      }
      return Optional.of(areas);
    }

    /** Trapezoids between the deadlines, over their range. */
    static double area(List<List<List<Block>>> curve, int group, List<Integer> deadlines) {
      double area = 0;
      for (int i = 1; i < deadlines.size(); i++) {
        double width = deadlines.get(i) - deadlines.get(i - 1);
        area += width * (share(curve.get(i - 1).get(group)) + share(curve.get(i).get(group))) / 2;
      }
      return POINTS * area / (deadlines.get(deadlines.size() - 1) - deadlines.get(0));
    }

    private static double share(List<Block> group) {
      return Measure.RIGHT_IN_TIME.of(group);
    }

    private Optional<Interval> gain(String rival) {
      Optional<double[]> own = areas(Entrants.SLUICE);
      Optional<double[]> other = areas(rival);
      if (own.isEmpty() || other.isEmpty()) {
        return Optional.empty();
      }
      double[] gains = new double[own.get().length];
      for (int i = 0; i < gains.length; i++) {
        gains[i] = own.get()[i] - other.get()[i];
      }
      return Optional.of(Paired.mean(gains));
    }

    List<List<Object>> lines(String where) {
      List<List<Object>> lines = new ArrayList<>();
      for (String strategy : config.strategies()) {
        Optional<double[]> areas = areas(strategy);
        Optional<Interval> gain = gain(strategy);
        if (areas.isPresent() && gain.isPresent()) {
          lines.add(
              List.of(
                  where,
                  strategy,
                  Paired.mean(areas.get()).value(),
                  gain.get().value(),
                  gain.get().low(),
                  gain.get().high()));
        }
      }
      return lines;
    }

    List<Claim> claims(String where) {
      List<Claim> claims = new ArrayList<>();
      String nearest = "";
      Interval least = new Interval(Double.POSITIVE_INFINITY, 0, 0);
      for (String rival : config.strategies()) {
        Optional<Interval> gain = rival.equals(Entrants.SLUICE) ? Optional.empty() : gain(rival);
        if (gain.isPresent() && gain.get().value() < least.value()) {
          nearest = rival;
          least = gain.get();
        }
      }
      int frames =
          results.at(points.get(0), Entrants.SLUICE).map(Series::frames).orElse(0) * points.size();
      if (!nearest.isEmpty()) {
        claims.add(
            Claim.of(
                where
                    + ": area under accuracy by deadline over the best rival's ("
                    + nearest
                    + "), emulated",
                least,
                "points",
                ">= 0",
                frames));
      }
      mostOverSingleExit()
          .ifPresent(
              gain ->
                  claims.add(
                      Claim.of(
                          where
                              + ": right and in time over the best without exits, best deadline,"
                              + " emulated (SPINN: 20.7)",
                          gain,
                          "points",
                          ">= 20.7",
                          frames)));
      return claims;
    }

    /** The largest gain at one deadline over the best strategy without exits there. */
    private Optional<Interval> mostOverSingleExit() {
      Optional<Interval> most = Optional.empty();
      for (CellKey.Point point : points) {
        Optional<Series> own = results.at(point, Entrants.SLUICE);
        Optional<Series> other =
            results.best(point, config.singleExit(), Measure.RIGHT_IN_TIME, ANY_LOSS);
        if (own.isPresent() && other.isPresent()) {
          Interval gain = gain(own.get(), other.get());
          if (most.isEmpty() || gain.value() > most.get().value()) {
            most = Optional.of(gain);
          }
        }
      }
      return most;
    }

    private static Interval gain(Series own, Series other) {
      List<List<Block>> ours = own.groups();
      List<List<Block>> theirs = other.groups();
      double[] gains = new double[ours.size()];
      for (int i = 0; i < gains.length; i++) {
        gains[i] = POINTS * (share(ours.get(i)) - share(theirs.get(i)));
      }
      return Paired.mean(gains);
    }
  }
}

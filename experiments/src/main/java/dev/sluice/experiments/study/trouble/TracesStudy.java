package dev.sluice.experiments.study.trouble;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.Entrants;
import dev.sluice.experiments.study.grid.Grid;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.grid.GridResults;
import dev.sluice.experiments.study.grid.Measure;
import dev.sluice.experiments.study.grid.Series;
import dev.sluice.experiments.study.grid.StrategyTable;
import dev.sluice.experiments.study.grid.StudyFile;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Traces;
import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How do plans, exits and latencies follow links as they were recorded? Every trace that is there,
 * with a timeline of each stream, second by second. All is emulated.
 */
public final class TracesStudy implements Study {
  private static final double PERCENT = 100;

  @Override
  public String name() {
    return "traces";
  }

  @Override
  public String question() {
    return "How do plans, exits and latencies follow recorded links, second by second?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    GridConfig config =
        StudyFile.read(context, getClass(), "traces.yaml", GridConfig.class).aboutSluice();
    Map<String, LinkTrace> traces = Traces.read(context);
    Timelines timelines = new Timelines(context.out().resolve("timelines"), traces);
    GridResults results = new Grid(context, config).over(traces).watched(timelines::write).run();
    results.write(context);
    List<Claim> claims = new ArrayList<>();
    for (String bundle : results.bundles()) {
      for (GridConfig.Task task : config.tasks()) {
        List<CellKey.Point> points =
            results.points(task.name()).stream().filter(p -> p.bundle().equals(bundle)).toList();
        Map<String, CellKey.Point> columns = GridResults.byLink(points);
        String where = bundle + ", " + task.name();
        StrategyTable.show(
            context,
            where + ": late, %",
            columns,
            results,
            config.strategies(),
            series -> PERCENT * series.value(Measure.LATE),
            PERCENT);
        StrategyTable.show(
            context,
            where + ": right and in time, %",
            columns,
            results,
            config.strategies(),
            series -> PERCENT * series.value(Measure.RIGHT_IN_TIME),
            PERCENT);
        claims.addAll(claims(where, results, points, task.question()));
      }
    }
    return claims;
  }

  private static boolean holds(Series series, Question question) {
    return series.value(Measure.LATE) <= question.mostLate() + 1e-9
        && series.accurate(PERCENT * question.mostLoss());
  }

  private static List<Claim> claims(
      String where, GridResults results, List<CellKey.Point> points, Question question) {
    int worse = 0;
    double late = 0;
    int frames = 0;
    for (CellKey.Point point : points) {
      var own = results.at(point, Entrants.SLUICE);
      boolean rival =
          results.all(point).values().stream()
              .anyMatch(
                  series -> !series.strategy().equals(Entrants.SLUICE) && holds(series, question));
      worse += own.isPresent() && rival && !holds(own.get(), question) ? 1 : 0;
      late = Math.max(late, own.map(series -> series.value(Measure.LATE)).orElse(0.0));
      frames = own.map(Series::frames).orElse(frames);
    }
    return List.of(
        Claim.of(
            where + ": traces on which some rival holds deadline and accuracy and Sluice not",
            worse,
            "traces",
            "= 0",
            points.size()),
        Claim.of(
            where + ": late, worst trace, emulated",
            PERCENT * late,
            "%",
            question.mostLateBound(),
            frames));
  }
}

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
import dev.sluice.experiments.study.timeline.TimelineFigure;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * How do plans, exits and latencies follow links as they were recorded? Every trace that is there,
 * with a timeline of each stream, second by second. All is emulated.
 */
public final class TracesStudy implements Study {
  private static final double PERCENT = 100;
  private static final long SECOND_NANOS = 1_000_000_000;

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
            where,
            columns,
            results,
            config.strategies(),
            StrategyTable.Quantity.LATE,
            PERCENT * task.question().mostLoss());
        StrategyTable.show(
            context,
            where,
            columns,
            results,
            config.strategies(),
            StrategyTable.Quantity.RIGHT_IN_TIME,
            PERCENT * task.question().mostLoss());
        for (CellKey.Point point : restless(points, traces)) {
          draw(context, config, results, timelines, point, task.question());
        }
        claims.addAll(claims(where, results, points, task.question()));
      }
    }
    return claims;
  }

  /** How many traces are drawn second by second; all are in the files. */
  private static final int DRAWN = 3;

  /** The points on the traces whose rates vary most, by their coefficient of variation. */
  private static List<CellKey.Point> restless(
      List<CellKey.Point> points, Map<String, LinkTrace> traces) {
    return points.stream()
        .sorted(
            Comparator.comparingDouble(
                point -> -variation(Objects.requireNonNull(traces.get(point.link())))))
        .limit(DRAWN)
        .toList();
  }

  private static double variation(LinkTrace trace) {
    SummaryStatistics rates = new SummaryStatistics();
    for (long at = 0; at < trace.durationNanos(); at += SECOND_NANOS) {
      LinkTrace.Step step = trace.stepAt(at);
      rates.addValue(step.outage() ? 0 : step.uplinkBytesPerSecond());
    }
    return rates.getMean() > 0 ? rates.getStandardDeviation() / rates.getMean() : 0;
  }

  private static void draw(
      StudyContext context,
      GridConfig config,
      GridResults results,
      Timelines timelines,
      CellKey.Point point,
      Question question)
      throws IOException {
    if (results.at(point, Entrants.SLUICE).isEmpty()) {
      return;
    }
    CellKey key =
        new CellKey(point.bundle(), point.device(), point.link(), point.task(), Entrants.SLUICE, 0);
    String where = "%s, %s, %s".formatted(point.bundle(), point.task(), point.link());
    context.figure(
        TimelineFigure.of(
            where + ": second by second", timelines.file(key), question.deadlineNanos() / 1e6));
    StrategyTable.spread(
        context, where, point, results, config.strategies(), PERCENT * question.mostLoss());
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

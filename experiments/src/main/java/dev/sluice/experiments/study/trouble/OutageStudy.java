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
import dev.sluice.experiments.study.grid.StrategyTable.Quantity;
import dev.sluice.experiments.study.grid.StudyFile;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What becomes of frames while the link is away, and how soon afterwards does the cloud answer
 * again? Links lose everything for a time, in silence, as told or as it was recorded; the device
 * finds out by itself. All is emulated.
 */
public final class OutageStudy implements Study {
  private static final double PERCENT = 100;

  @Override
  public String name() {
    return "outage";
  }

  @Override
  public String question() {
    return "What is answered, and how well, while the link is away, and how soon is it used again?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    GridConfig config =
        StudyFile.read(context, getClass(), "outage.yaml", GridConfig.class).aboutSluice();
    List<Subject> subjects =
        Subject.open(
            context,
            config.pictures(),
            config.bundles(),
            Entrants.usual().computeAt(config.strategies()));
    Map<String, LinkTrace> links = config.traces(context);
    GridResults results =
        new Grid(context, config)
            .over(links)
            .noting(
                (key, log) ->
                    Outages.of(Objects.requireNonNull(links.get(key.link())), log).figures(log))
            .run(subjects);
    results.write(context);
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    for (Subject subject : subjects) {
      for (GridConfig.Task task : config.tasks()) {
        Map<String, CellKey.Point> columns = new LinkedHashMap<>();
        for (CellKey.Point point : results.points(task.name())) {
          if (point.bundle().equals(subject.name())) {
            columns.put(point.link(), point);
            results.all(point).values().forEach(series -> lines.add(line(series)));
          }
        }
        print(context, config, results, columns, subject.name(), task);
        claims.addAll(
            claims(
                subject.name() + ", " + task.name(),
                results,
                List.copyOf(columns.values()),
                point -> firstExitFits(subject, device(config, point), task)));
      }
    }
    context.csv("outages.csv", TITLES, lines);
    return claims;
  }

  private static void print(
      StudyContext context,
      GridConfig config,
      GridResults results,
      Map<String, CellKey.Point> columns,
      String bundle,
      GridConfig.Task task) {
    for (Quantity quantity :
        List.of(
            Quantity.RIGHT_IN_TIME,
            new Quantity("in time", "%", s -> PERCENT * (1 - s.value(Measure.LATE))),
            new Quantity("below uncut while away", "points", s -> s.extra(Outages.LOSS_POINTS)),
            new Quantity(
                "until the cloud answers again", "s", s -> s.extra(Outages.RECOVERY_SECONDS)))) {
      StrategyTable.show(
          context,
          bundle + ", " + task.name(),
          columns,
          results,
          config.strategies(),
          quantity,
          PERCENT * task.question().mostLoss());
    }
  }

  private static final List<String> TITLES =
      List.of(
          "bundle",
          "link",
          "task",
          "strategy",
          "right_in_time",
          "in_time",
          "dropped",
          "loss_points_while_away",
          "recovery_s");

  private static List<Object> line(Series series) {
    return List.of(
        series.point().bundle(),
        series.point().link(),
        series.point().task(),
        series.strategy(),
        series.value(Measure.RIGHT_IN_TIME),
        1 - series.value(Measure.LATE),
        series.value(Measure.DROPPED),
        series.extra(Outages.LOSS_POINTS),
        series.extra(Outages.RECOVERY_SECONDS));
  }

  /**
   * What is claimed.
   *
   * @param fits whether the device gets to its first exit within the deadline
   */
  static List<Claim> claims(
      String where,
      GridResults results,
      List<CellKey.Point> points,
      Predicate<CellKey.Point> fits) {
    List<Claim> claims = new ArrayList<>();
    double answered = Double.NaN;
    double inTime = Double.NaN;
    int frames = 0;
    for (CellKey.Point point : points) {
      Optional<Series> own = results.at(point, Entrants.SLUICE);
      if (own.isPresent()) {
        answered = least(answered, 1 - own.get().value(Measure.DROPPED));
        frames = own.get().frames();
        if (fits.test(point)) {
          inTime = least(inTime, 1 - own.get().value(Measure.LATE));
        }
      }
    }
    claims.add(
        Claim.of(
            where + ": answered, worst link, emulated", PERCENT * answered, "%", ">= 100", frames));
    if (points.stream().anyMatch(fits)) {
      claims.add(
          Claim.of(
              where + ": answered by the deadline where the first exit fits, worst link, emulated",
              PERCENT * inTime,
              "%",
              ">= 99",
              frames));
    }
    return claims;
  }

  /** The smaller one; not a number as long as nothing was measured, which no claim holds with. */
  private static double least(double sofar, double value) {
    return Double.isNaN(sofar) ? value : Math.min(sofar, value);
  }

  private static GridConfig.Device device(GridConfig config, CellKey.Point point) {
    return config.devices().stream()
        .filter(device -> device.name().equals(point.device()))
        .findFirst()
        .orElseThrow();
  }

  /** Whether the device gets to its first exit within the deadline. */
  private static boolean firstExitFits(
      Subject subject, GridConfig.Device device, GridConfig.Task task) {
    StreamReplay replay =
        device.replay(subject, VariantInfo.FLOAT32, task.load().load().nominalPeriodNanos());
    Profile profile = replay.facts().profile();
    double nanos = (double) profile.preprocessNanos() + profile.headNanos(0);
    for (int cut = 1; cut <= replay.facts().exitCut(0); cut++) {
      nanos += profile.segmentNanos(cut);
    }
    return nanos * replay.deviceFactor() < task.question().deadlineNanos();
  }
}

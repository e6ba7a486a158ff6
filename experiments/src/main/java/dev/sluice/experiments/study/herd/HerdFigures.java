package dev.sluice.experiments.study.herd;

import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.report.figure.Track;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** How a herd moves over time. */
final class HerdFigures {
  private static final double NANOS = 1e9;

  private HerdFigures() {}

  /**
   * One course beside others under the same conditions.
   *
   * @param conditions in words
   * @param courses by contender, each with the same phases
   */
  static Figure timeline(String conditions, Map<String, List<Phase>> courses) {
    List<Phase> phases = courses.values().iterator().next();
    List<Track.Span> spans = new ArrayList<>();
    double start = 0;
    for (Phase phase : phases) {
      double end = start + phase.course().size();
      spans.add(new Track.Span(start, end, phase.name()));
      start = end;
    }
    int threads = phases.get(0).threads();
    return new Figure.Timeline(
        "The herd over time, " + conditions,
        "Simulated devices and worker; one point per second.",
        List.of(
            new Track.Spans("what happens", spans),
            track("sent to the worker", "1/s", courses, Herd.Second::sent),
            track(
                "worker's busy share", "", courses, second -> second.busyNanos() / NANOS / threads),
            track("devices that compute alone", "devices", courses, Herd.Second::local),
            track("late frames", "1/s", courses, Herd.Second::late)));
  }

  /**
   * Late frames of all contenders under all conditions, settled.
   *
   * @param shares by contender, the worst repeat's by condition and phase
   */
  static Figure late(Map<String, Map<String, Double>> shares) {
    List<String> groups =
        shares.values().stream().flatMap(each -> each.keySet().stream()).distinct().toList();
    Map<String, List<Double>> bars = new LinkedHashMap<>();
    shares.forEach(
        (contender, each) ->
            bars.put(
                contender,
                groups.stream().map(group -> each.getOrDefault(group, Double.NaN)).toList()));
    return Figure.Bars.of(
        "Late frames at the end of each phase",
        "Shares of frames, once the herd should have settled, in the worst repeat.",
        Axis.of("late frames", "share"),
        groups,
        bars);
  }

  private static Track track(
      String title,
      String unit,
      Map<String, List<Phase>> courses,
      ToDoubleFunction<Herd.Second> measure) {
    List<Series> series = new ArrayList<>();
    courses.forEach(
        (contender, phases) -> {
          List<Series.Point> points = new ArrayList<>();
          for (Phase phase : phases) {
            for (Herd.Second second : phase.course()) {
              points.add(Series.Point.of(points.size(), measure.applyAsDouble(second)));
            }
          }
          series.add(new Series(contender, points));
        });
    return new Track.Curves(title, Axis.of(title, unit), Track.Style.LINE, series, List.of());
  }
}

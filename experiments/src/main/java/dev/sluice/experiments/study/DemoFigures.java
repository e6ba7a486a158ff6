package dev.sluice.experiments.study;

import dev.sluice.experiments.demo.DemoResult;
import dev.sluice.experiments.demo.Phase;
import dev.sluice.experiments.demo.Scenario;
import dev.sluice.experiments.demo.StreamResult;
import dev.sluice.experiments.report.AnswerRecord;
import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.report.figure.Track;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the demo looks like over time, and each strategy's latencies. */
final class DemoFigures {
  private static final double NANOS = 1e9;
  private static final double NANOS_PER_MILLI = 1e6;

  private DemoFigures() {}

  static List<Figure> of(DemoResult result) {
    Map<String, double[]> latencies = new LinkedHashMap<>();
    latencies.put("main job", latencies(result.main()));
    result.strategies().forEach(run -> latencies.put(run.strategy().title(), latencies(run)));
    return List.of(
        timeline("The main job over time", result.main()),
        Figure.Cdf.of(
            "Latency by strategy",
            "From capture to answer, as the device noted it. Emulated device and link.",
            Axis.of("latency", "ms"),
            latencies));
  }

  private static double[] latencies(StreamResult run) {
    return run.tally().answers().stream()
        .filter(answer -> !answer.dropped())
        .mapToDouble(answer -> answer.latencyNanos() / NANOS_PER_MILLI)
        .toArray();
  }

  private static Figure timeline(String title, StreamResult run) {
    Scenario scenario = run.scenario();
    List<AnswerRecord> answers =
        run.tally().answers().stream().sorted(Comparator.comparingLong(AnswerRecord::id)).toList();
    Map<String, List<Series.Point>> places = new LinkedHashMap<>();
    for (AnswerRecord answer : answers) {
      String place =
          answer.degraded() ? "fallback" : answer.place().name().toLowerCase(Locale.ROOT);
      places
          .computeIfAbsent(answer.dropped() ? "dropped" : place, p -> new ArrayList<>())
          .add(
              Series.Point.of(seconds(scenario, answer), answer.latencyNanos() / NANOS_PER_MILLI)
                  .labelled(answer.plan()));
    }
    List<Series> dots = new ArrayList<>();
    places.forEach((place, points) -> dots.add(new Series(place, points)));
    double deadline = run.score().deadlineNanos() / NANOS_PER_MILLI;
    return new Figure.Timeline(
        title,
        "The link, the plan in use, every answer's latency, and where samples left the network.",
        List.of(
            new Track.Curves(
                "uplink",
                Axis.of("rate", "Mbit/s"),
                Track.Style.STEPS,
                List.of(new Series("uplink", rates(scenario))),
                List.of()),
            new Track.Spans("plan in use", plans(scenario, answers)),
            new Track.Curves(
                "latency",
                Axis.of("latency", "ms"),
                Track.Style.DOTS,
                dots,
                List.of(new Track.Limit("deadline", deadline))),
            new Track.Curves(
                "exits taken",
                Axis.of("share", ""),
                Track.Style.STACKED,
                exits(scenario, answers),
                List.of())));
  }

  private static double seconds(Scenario scenario, AnswerRecord answer) {
    return scenario.captureNanos(Math.toIntExact(answer.id())) / NANOS;
  }

  private static List<Series.Point> rates(Scenario scenario) {
    List<Series.Point> points = new ArrayList<>();
    double start = 0;
    double rate = 0;
    for (Phase phase : scenario.phases()) {
      rate = phase.megabitsPerSecond();
      points.add(Series.Point.of(start, rate).labelled(phase.describe()));
      start += phase.seconds();
    }
    points.add(Series.Point.of(start, rate));
    return points;
  }

  /** Stretches of answers under one plan. */
  private static List<Track.Span> plans(Scenario scenario, List<AnswerRecord> answers) {
    List<Track.Span> spans = new ArrayList<>();
    for (int i = 0; i < answers.size(); ) {
      int next = i;
      while (next < answers.size() && answers.get(next).plan().equals(answers.get(i).plan())) {
        next++;
      }
      double to = next < answers.size() ? seconds(scenario, answers.get(next)) : scenario.seconds();
      spans.add(new Track.Span(seconds(scenario, answers.get(i)), to, answers.get(i).plan()));
      i = next;
    }
    return spans;
  }

  /** Per second of the stream, which share of its answers left at which exit. */
  private static List<Series> exits(Scenario scenario, List<AnswerRecord> answers) {
    Map<Integer, Map<Integer, Integer>> bySecond = new TreeMap<>();
    TreeSet<Integer> exits = new TreeSet<>();
    for (AnswerRecord answer : answers) {
      if (answer.exit() >= 0) {
        exits.add(answer.exit());
        bySecond
            .computeIfAbsent((int) seconds(scenario, answer), second -> new TreeMap<>())
            .merge(answer.exit(), 1, Integer::sum);
      }
    }
    List<Series> series = new ArrayList<>();
    for (int exit : exits) {
      List<Series.Point> points = new ArrayList<>();
      bySecond.forEach(
          (second, counts) -> {
            double all = counts.values().stream().mapToInt(Integer::intValue).sum();
            points.add(Series.Point.of(second, counts.getOrDefault(exit, 0) / all));
          });
      series.add(new Series("exit " + exit, points));
    }
    return series;
  }
}

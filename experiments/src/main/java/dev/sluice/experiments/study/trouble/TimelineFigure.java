package dev.sluice.experiments.study.trouble;

import dev.sluice.experiments.report.CsvFile;
import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.report.figure.Track;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Draws what {@link Timelines} wrote: a run that goes on has no more of a finished stream. */
final class TimelineFigure {
  private static final int MOST_SECONDS = 100_000;

  private TimelineFigure() {}

  /**
   * Draws one.
   *
   * @param deadlineMillis drawn into the latencies
   * @throws IOException if the file is missing or damaged
   */
  static Figure of(String title, Path file, double deadlineMillis) throws IOException {
    CsvFile csv = CsvFile.read(file, MOST_SECONDS);
    List<Track.Span> plans = new ArrayList<>();
    Map<String, double[]> exits = new TreeMap<>();
    double[] seconds = new double[csv.rows().size()];
    for (int row = 0; row < seconds.length; row++) {
      List<String> cells = csv.rows().get(row);
      double second = Double.parseDouble(cell(csv, cells, "second"));
      seconds[row] = second;
      addPlan(plans, second, cell(csv, cells, "plan"));
      double frames = Double.parseDouble(cell(csv, cells, "frames"));
      for (String part : cell(csv, cells, "exits").split(";", -1)) {
        String[] exit = part.split(":", -1);
        exits.computeIfAbsent(exit[0], name -> new double[seconds.length])[row] =
            Double.parseDouble(exit[1]) / frames;
      }
    }
    return new Figure.Timeline(
        title,
        "The link as recorded and as estimated, the plan at the beginning of each second, the mean"
            + " latency of its frames, and the exits that answered them. Emulated.",
        List.of(
            new Track.Curves(
                "uplink",
                Axis.of("rate", "Mbit/s"),
                Track.Style.STEPS,
                List.of(
                    curve(csv, seconds, "link", "link_mbit"),
                    curve(csv, seconds, "estimate", "estimated_mbit")),
                List.of()),
            new Track.Spans("plan in use", plans),
            new Track.Curves(
                "latency",
                Axis.of("mean latency", "ms"),
                Track.Style.LINE,
                List.of(curve(csv, seconds, "mean of the second", "mean_ms")),
                List.of(new Track.Limit("deadline", deadlineMillis))),
            new Track.Curves(
                "exits taken",
                Axis.of("share of frames", ""),
                Track.Style.STACKED,
                exits.entrySet().stream()
                    .map(exit -> new Series(exit.getKey(), points(seconds, exit.getValue())))
                    .toList(),
                List.of())));
  }

  /** A second of the same plan as the one before makes its span longer. */
  private static void addPlan(List<Track.Span> plans, double second, String plan) {
    Track.Span last = plans.isEmpty() ? null : plans.get(plans.size() - 1);
    if (last != null && last.label().equals(plan)) {
      plans.set(plans.size() - 1, new Track.Span(last.from(), second + 1, plan));
    } else {
      plans.add(new Track.Span(second, second + 1, plan));
    }
  }

  private static Series curve(CsvFile csv, double[] seconds, String name, String column)
      throws IOException {
    double[] values = new double[seconds.length];
    for (int row = 0; row < seconds.length; row++) {
      String cell = cell(csv, csv.rows().get(row), column);
      values[row] = cell.isEmpty() ? Double.NaN : Double.parseDouble(cell);
    }
    return new Series(name, points(seconds, values));
  }

  private static List<Series.Point> points(double[] seconds, double[] values) {
    List<Series.Point> points = new ArrayList<>();
    for (int i = 0; i < seconds.length; i++) {
      points.add(Series.Point.of(seconds[i], values[i]));
    }
    return points;
  }

  private static String cell(CsvFile csv, List<String> row, String column) throws IOException {
    int place = csv.columns().indexOf(column);
    if (place < 0) {
      throw new IOException(
          "a timeline has no column " + column + "; it is of another version: run the study anew");
    }
    return Objects.requireNonNull(row.get(place));
  }
}

package dev.sluice.experiments.study.timeline;

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

/** Draws what {@link Timeline} wrote: a run that goes on has no more of a finished stream. */
public final class TimelineFigure {
  private static final int MOST_SECONDS = 100_000;

  /** Points of a curve; of longer streams several seconds are drawn as one. */
  private static final int MOST_POINTS = 300;

  private TimelineFigure() {}

  /**
   * Draws one.
   *
   * @param deadlineMillis drawn into the latencies
   * @throws IOException if the file is missing or damaged
   */
  public static Figure.Timeline of(String title, Path file, double deadlineMillis)
      throws IOException {
    return of(title, file, deadlineMillis, List.of(), List.of());
  }

  /**
   * Draws one among other strips.
   *
   * @param above strips above it
   * @param below strips below it
   */
  public static Figure.Timeline of(
      String title, Path file, double deadlineMillis, List<Track> above, List<Track> below)
      throws IOException {
    CsvFile csv = CsvFile.read(file, MOST_SECONDS);
    int step = Math.max(1, (csv.rows().size() + MOST_POINTS - 1) / MOST_POINTS);
    List<Track.Span> plans = new ArrayList<>();
    for (List<String> cells : csv.rows()) {
      addPlan(plans, Double.parseDouble(cell(csv, cells, "second")), cell(csv, cells, "plan"));
    }
    List<Track> tracks = new ArrayList<>(above);
    tracks.add(
        new Track.Curves(
            "uplink",
            Axis.of("rate", "Mbit/s"),
            Track.Style.STEPS,
            List.of(
                curve(csv, step, "link", "link_mbit"),
                curve(csv, step, "estimate", "estimated_mbit")),
            List.of()));
    tracks.add(new Track.Spans("plan in use", plans));
    tracks.add(
        new Track.Curves(
            "latency",
            Axis.of("mean latency", "ms"),
            Track.Style.LINE,
            List.of(curve(csv, step, step == 1 ? "mean of the second" : "mean", "mean_ms")),
            List.of(new Track.Limit("deadline", deadlineMillis))));
    tracks.add(
        new Track.Curves(
            "exits taken",
            Axis.of("share of frames", ""),
            Track.Style.STACKED,
            exits(csv, step),
            List.of()));
    tracks.addAll(below);
    return new Figure.Timeline(
        title,
        "The link as recorded and as estimated, the plan at the beginning of each second, the mean"
            + " latency of its frames, and the exits that answered them. Emulated."
            + (step == 1 ? "" : " Curves are means over %d s.".formatted(step)),
        tracks);
  }

  /** The share of frames that every exit answered. */
  private static List<Series> exits(CsvFile csv, int step) throws IOException {
    int bins = (csv.rows().size() + step - 1) / step;
    double[] frames = new double[bins];
    Map<String, double[]> exits = new TreeMap<>();
    for (int row = 0; row < csv.rows().size(); row++) {
      List<String> cells = csv.rows().get(row);
      frames[row / step] += Double.parseDouble(cell(csv, cells, "frames"));
      for (String part : cell(csv, cells, "exits").split(";", -1)) {
        String[] exit = part.split(":", -1);
        exits.computeIfAbsent(exit[0], name -> new double[bins])[row / step] +=
            Double.parseDouble(exit[1]);
      }
    }
    List<Series> series = new ArrayList<>();
    for (Map.Entry<String, double[]> exit : exits.entrySet()) {
      double[] shares = exit.getValue();
      for (int bin = 0; bin < bins; bin++) {
        shares[bin] /= frames[bin];
      }
      series.add(new Series(exit.getKey(), points(csv, step, shares)));
    }
    return series;
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

  /** Means over so many seconds, those without a value left out. */
  private static Series curve(CsvFile csv, int step, String name, String column)
      throws IOException {
    int bins = (csv.rows().size() + step - 1) / step;
    double[] means = new double[bins];
    int[] counts = new int[bins];
    for (int row = 0; row < csv.rows().size(); row++) {
      String cell = cell(csv, csv.rows().get(row), column);
      if (!cell.isEmpty()) {
        means[row / step] += Double.parseDouble(cell);
        counts[row / step]++;
      }
    }
    for (int bin = 0; bin < bins; bin++) {
      means[bin] = counts[bin] == 0 ? Double.NaN : means[bin] / counts[bin];
    }
    return new Series(name, points(csv, step, means));
  }

  private static List<Series.Point> points(CsvFile csv, int step, double[] values)
      throws IOException {
    List<Series.Point> points = new ArrayList<>();
    for (int bin = 0; bin < values.length; bin++) {
      double second = Double.parseDouble(cell(csv, csv.rows().get(bin * step), "second"));
      points.add(Series.Point.of(second, values[bin]));
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

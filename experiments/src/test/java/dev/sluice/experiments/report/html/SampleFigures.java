package dev.sluice.experiments.report.html;

import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.report.figure.Track;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** One figure of each kind, with gaps, intervals and names that are hostile to HTML. */
final class SampleFigures {
  static final String HOSTILE = "</script><script>alert('1')</script> & {{data}} $1 \\";

  private SampleFigures() {}

  static List<Figure> all() {
    return List.of(cdf(), timeline(), pareto(), winners(), measures(), sweep(), bars());
  }

  static Figure cdf() {
    Map<String, double[]> samples = new LinkedHashMap<>();
    SplittableRandom random = new SplittableRandom(3);
    samples.put("sluice", random.doubles(3000).map(u -> 20 - 12 * Math.log(u)).toArray());
    samples.put("cloud only", random.doubles(900).map(u -> 40 - 30 * Math.log(u)).toArray());
    return Figure.Cdf.of("Latency", "From capture.", Axis.logarithmic("latency", "ms"), samples);
  }

  static Figure timeline() {
    SplittableRandom random = new SplittableRandom(4);
    List<Series.Point> latency = new ArrayList<>();
    List<Series.Point> early = new ArrayList<>();
    List<Series.Point> late = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      latency.add(Series.Point.of(i * 0.2, 40 + 100 * random.nextDouble()));
      double share = 0.5 + 0.4 * Math.sin(i / 30.0);
      early.add(Series.Point.of(i * 0.2, share));
      late.add(Series.Point.of(i * 0.2, 1 - share));
    }
    return new Figure.Timeline(
        "Over time",
        "",
        List.of(
            new Track.Curves(
                "uplink",
                Axis.of("rate", "Mbit/s"),
                Track.Style.STEPS,
                List.of(
                    new Series(
                        "uplink",
                        List.of(
                            Series.Point.of(0, 20),
                            Series.Point.of(12, 6),
                            Series.Point.of(40, 0.25),
                            Series.Point.of(60, 0.25)))),
                List.of()),
            new Track.Spans(
                "plan",
                List.of(
                    new Track.Span(0, 22, "split 5, klt8"),
                    new Track.Span(22, 41, HOSTILE),
                    new Track.Span(41, 60, "local to cut 9"))),
            new Track.Curves(
                "latency",
                Axis.of("latency", "ms"),
                Track.Style.DOTS,
                List.of(new Series("answers", latency)),
                List.of(new Track.Limit("deadline", 120))),
            new Track.Curves(
                "exits",
                Axis.of("share", ""),
                Track.Style.STACKED,
                List.of(new Series("exit 0", early), new Series("exit 1", late)),
                List.of())));
  }

  static Figure pareto() {
    return new Figure.Pareto(
        "Bytes against accuracy",
        "",
        Axis.logarithmic("bytes", "bytes"),
        Axis.of("accuracy", "points"),
        true,
        List.of(
            new Series(
                "klt",
                List.of(
                    Series.Point.of(800, -1.2, -1.6, -0.8).labelled("cut 5"),
                    Series.Point.of(1500, -0.3),
                    Series.Point.of(1600, -0.9))),
            new Series("jpeg", List.of(Series.Point.of(2600, -0.2), Series.Point.of(9000, 0)))));
  }

  static Figure winners() {
    List<Figure.HeatMap.Cell> cells = new ArrayList<>();
    for (int column = 0; column < 6; column++) {
      for (int row = 0; row < 4; row++) {
        cells.add(
            new Figure.HeatMap.Cell(column, row, (column + row) / 3, "+" + (column * row) + " %"));
      }
    }
    return new Figure.HeatMap(
        "Who wins",
        HOSTILE,
        Axis.of("uplink", "Mbit/s"),
        List.of("0.25", "1", "4", "16", "50", "100"),
        Axis.of("round trip", "ms"),
        List.of("5", "20", "80", "200"),
        "",
        List.of("device only", "joint plan", "picture"),
        cells);
  }

  static Figure measures() {
    List<Figure.HeatMap.Cell> cells = new ArrayList<>();
    for (int column = 0; column < 3; column++) {
      for (int row = 0; row < 2; row++) {
        double value = column == 2 && row == 1 ? Double.NaN : 1.5 * column + row;
        cells.add(new Figure.HeatMap.Cell(column, row, value, ""));
      }
    }
    return new Figure.HeatMap(
        "Gain",
        "",
        Axis.of("uplink", "Mbit/s"),
        List.of("1", "10", "100"),
        Axis.of("device", ""),
        List.of("slow", "fast"),
        "ratio",
        List.of(),
        cells);
  }

  static Figure sweep() {
    List<Series> lines = new ArrayList<>();
    for (String name : List.of("sluice", "Neurosurgeon", "device only")) {
      List<Series.Point> points = new ArrayList<>();
      for (double rate = 0.25; rate <= 100; rate *= 2) {
        double y = name.length() / 6.0 + Math.log1p(rate) * (10.0 / name.length());
        Series.Point point = Series.Point.of(rate, y, 0.9 * y, 1.15 * y);
        points.add(
            rate < 1 && name.equals("Neurosurgeon") ? point.hollow("wrong too often") : point);
      }
      lines.add(new Series(name, points));
    }
    return new Figure.Sweep(
        "Throughput over bandwidth",
        "Bands are 95 % intervals.",
        Axis.logarithmic("uplink", "Mbit/s"),
        Axis.of("throughput", "1/s"),
        lines);
  }

  static Figure bars() {
    return new Figure.Bars(
        "Cost",
        "",
        Axis.of("cost", "ms"),
        List.of("ResNet-56", "MobileNet, photos", "RoadSigns"),
        List.of(
            new Series(
                "ours", List.of(Series.Point.of(0, 3, 2.5, 3.4), Series.Point.of(1, 5, 4, 6))),
            new Series(
                "theirs *",
                List.of(
                    Series.Point.of(0, 4).hollow("wrong too often"),
                    Series.Point.of(2, 7, 6.5, 9)))));
  }
}

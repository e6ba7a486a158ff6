package dev.sluice.experiments.report.figure;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One picture of a report, as data: what it shows, not how it is drawn. Immutable; Jackson writes
 * and reads it.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Figure.Cdf.class, name = "cdf"),
  @JsonSubTypes.Type(value = Figure.Timeline.class, name = "timeline"),
  @JsonSubTypes.Type(value = Figure.Pareto.class, name = "pareto"),
  @JsonSubTypes.Type(value = Figure.HeatMap.class, name = "heatmap"),
  @JsonSubTypes.Type(value = Figure.Sweep.class, name = "sweep"),
  @JsonSubTypes.Type(value = Figure.Bars.class, name = "bars")
})
public sealed interface Figure {
  /** What it shows, as a heading. */
  String title();

  /** What to know when reading it, one or two sentences; may be empty. */
  String note();

  /**
   * Shares of samples at or below each value, one curve per series.
   *
   * @param curves heights in {@code [0, 1]}, never falling
   */
  record Cdf(String title, String note, Axis x, List<Series> curves) implements Figure {
    private static final int MOST_POINTS = 400;

    public Cdf {
      requireTexts(title, note);
      curves = List.copyOf(curves);
    }

    /**
     * The empirical distribution of each series of samples. Of many samples evenly spread quantiles
     * are kept, with the smallest and the largest.
     *
     * @param samples by name, each without NaN; empty ones are left out
     */
    public static Cdf of(String title, String note, Axis x, Map<String, double[]> samples) {
      List<Series> curves = new ArrayList<>();
      samples.forEach(
          (name, values) -> {
            if (values.length > 0) {
              curves.add(new Series(name, steps(values)));
            }
          });
      return new Cdf(title, note, x, curves);
    }

    private static List<Series.Point> steps(double[] values) {
      double[] sorted = values.clone();
      Arrays.sort(sorted);
      int n = sorted.length;
      int kept = Math.min(n, MOST_POINTS);
      List<Series.Point> points = new ArrayList<>();
      for (int i = 0; i < kept; i++) {
        int rank = kept == 1 ? n - 1 : (int) Math.round((double) i * (n - 1) / (kept - 1));
        points.add(Series.Point.of(sorted[rank], (rank + 1.0) / n));
      }
      return points;
    }
  }

  /**
   * What happened over time: tracks above each other on one axis.
   *
   * @param tracks from top to bottom
   */
  record Timeline(String title, String note, List<Track> tracks) implements Figure {
    public Timeline {
      requireTexts(title, note);
      tracks = List.copyOf(tracks);
    }
  }

  /**
   * Choices by two costs or gains, and those that no other choice beats in both.
   *
   * @param x a cost: less is better
   * @param largerIsBetter whether {@code y} is a gain; else it is a cost too
   */
  record Pareto(
      String title, String note, Axis x, Axis y, boolean largerIsBetter, List<Series> choices)
      implements Figure {
    public Pareto {
      requireTexts(title, note);
      choices = List.copyOf(choices);
    }

    /** The choices that no other beats, by rising {@code x}; of equal ones the first. */
    public List<Series.Point> front() {
      double sign = largerIsBetter ? 1 : -1;
      List<Series.Point> sorted =
          choices.stream()
              .flatMap(series -> series.points().stream())
              .filter(point -> !Double.isNaN(point.y()))
              .sorted(
                  Comparator.comparingDouble(Series.Point::x)
                      .thenComparing(point -> -sign * point.y()))
              .toList();
      List<Series.Point> front = new ArrayList<>();
      double best = Double.NEGATIVE_INFINITY;
      for (Series.Point point : sorted) {
        if (sign * point.y() > best) {
          best = sign * point.y();
          front.add(point);
        }
      }
      return front;
    }
  }

  /**
   * A value for each pair of two conditions. With {@code categories} it is a map of winners: a
   * value is then the number of a category, counted from 0.
   *
   * @param columns names of the conditions from left to right
   * @param rows names of the conditions from bottom to top
   * @param categories what values stand for; empty where they are measures
   * @param cells at most one per pair; others stay empty
   */
  record HeatMap(
      String title,
      String note,
      Axis x,
      List<String> columns,
      Axis y,
      List<String> rows,
      String unit,
      List<String> categories,
      List<Cell> cells)
      implements Figure {
    /**
     * One field.
     *
     * @param label what is written into it, short; may be empty
     */
    public record Cell(int column, int row, double value, String label) {
      public Cell {
        Objects.requireNonNull(label, "label");
      }
    }

    public HeatMap {
      requireTexts(title, note);
      columns = List.copyOf(columns);
      rows = List.copyOf(rows);
      categories = List.copyOf(categories);
      cells = List.copyOf(cells);
      for (Cell cell : cells) {
        if (cell.column < 0
            || cell.column >= columns.size()
            || cell.row < 0
            || cell.row >= rows.size()) {
          throw new IllegalArgumentException(
              "no such field: column %d of %d, row %d of %d"
                  .formatted(cell.column, columns.size(), cell.row, rows.size()));
        }
        if (!categories.isEmpty()
            && !(cell.value == Math.rint(cell.value)
                && cell.value >= 0
                && cell.value < categories.size())) {
          throw new IllegalArgumentException(
              "no such category: %s of %d".formatted(cell.value, categories.size()));
        }
      }
    }
  }

  /** Lines over a condition that is swept, with bands for their intervals. */
  record Sweep(String title, String note, Axis x, Axis y, List<Series> lines) implements Figure {
    public Sweep {
      requireTexts(title, note);
      lines = List.copyOf(lines);
    }
  }

  /**
   * Heights side by side, with whiskers for their intervals.
   *
   * @param groups names along the axis; a point's {@code x} is the number of its group
   */
  record Bars(String title, String note, Axis y, List<String> groups, List<Series> bars)
      implements Figure {
    public Bars {
      requireTexts(title, note);
      groups = List.copyOf(groups);
      bars = List.copyOf(bars);
      for (Series series : bars) {
        for (Series.Point point : series.points()) {
          if (point.x() != Math.rint(point.x()) || point.x() < 0 || point.x() >= groups.size()) {
            throw new IllegalArgumentException(
                "no such group: %s of %d".formatted(point.x(), groups.size()));
          }
        }
      }
    }

    /**
     * Bars of plain values.
     *
     * @param bars by name, one value per group; NaN leaves a gap
     */
    public static Bars of(
        String title, String note, Axis y, List<String> groups, Map<String, List<Double>> bars) {
      Map<String, List<Double>> ordered = new LinkedHashMap<>(bars);
      List<Series> series = new ArrayList<>();
      ordered.forEach(
          (name, values) -> {
            List<Series.Point> points = new ArrayList<>();
            for (int group = 0; group < values.size(); group++) {
              points.add(Series.Point.of(group, values.get(group)));
            }
            series.add(new Series(name, points));
          });
      return new Bars(title, note, y, groups, series);
    }
  }

  private static void requireTexts(String title, String note) {
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(note, "note");
  }
}

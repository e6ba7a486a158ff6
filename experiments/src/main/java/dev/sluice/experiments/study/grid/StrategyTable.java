package dev.sluice.experiments.study.grid;

import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series.Point;
import dev.sluice.experiments.study.StudyContext;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Shows a figure of all strategies at several points: as a table, and in the report. */
public final class StrategyTable {
  private static final String EMULATED = "Emulated. Strategies can be hidden in the legend.";

  /** Behind the name of a strategy that is not accurate enough somewhere. */
  private static final String MARK = " *";

  private static final double PERCENT = 100;

  private StrategyTable() {}

  /**
   * Where points lie along a condition that is swept.
   *
   * @param axis the condition
   * @param place of a point on it
   */
  public record Along(Axis axis, ToDoubleFunction<CellKey.Point> place) {
    /** Along the uplink's rate. */
    public static Along uplink(GridConfig config) {
      Map<String, Double> rates =
          config.allLinks().stream()
              .collect(Collectors.toMap(GridConfig.Link::name, GridConfig.Link::rateMbit));
      return new Along(
          Axis.logarithmic("uplink", "Mbit/s"),
          point -> rates.getOrDefault(point.link(), Double.NaN));
    }
  }

  /**
   * What is shown of a strategy at a point.
   *
   * @param name in words
   * @param unit empty where it has none
   * @param of its value; not a number where there is none
   */
  public record Quantity(String name, String unit, ToDoubleFunction<Series> of) {
    /** Share of frames answered after the deadline or not at all. */
    public static final Quantity LATE =
        new Quantity("late", "%", series -> PERCENT * series.value(Measure.LATE));

    /** Share of right predictions by the deadline. */
    public static final Quantity RIGHT_IN_TIME =
        new Quantity(
            "right and in time", "%", series -> PERCENT * series.value(Measure.RIGHT_IN_TIME));

    /** A measure in its own unit. */
    public static Quantity of(String name, Measure measure) {
      return new Quantity(name, measure.unit(), series -> series.value(measure));
    }

    Axis axis() {
      return Axis.of(name, unit);
    }

    String title(String where) {
      return where + ": " + name + (unit.isEmpty() ? "" : ", " + unit);
    }
  }

  /**
   * Shows a line per strategy, and bars in the report.
   *
   * @param where what all of it is about
   * @param columns points by title
   * @param quantity what is shown
   * @param loss figures of strategies that are shown to lose more points of accuracy are marked
   */
  public static void show(
      StudyContext context,
      String where,
      Map<String, CellKey.Point> columns,
      GridResults results,
      List<String> strategies,
      Quantity quantity,
      double loss) {
    print(context.console(), where, columns, results, strategies, quantity, loss);
    List<CellKey.Point> points = List.copyOf(columns.values());
    Drawn drawn = Drawn.of(points, points::indexOf, results, strategies, quantity, loss);
    context.figure(
        new Figure.Bars(
            quantity.title(where),
            drawn.note(loss),
            quantity.axis(),
            List.copyOf(columns.keySet()),
            drawn.series()));
  }

  /** Shows a line per strategy, and a curve in the report. */
  public static void show(
      StudyContext context,
      String where,
      Along along,
      Map<String, CellKey.Point> columns,
      GridResults results,
      List<String> strategies,
      Quantity quantity,
      double loss) {
    print(context.console(), where, columns, results, strategies, quantity, loss);
    Drawn drawn =
        Drawn.of(List.copyOf(columns.values()), along.place(), results, strategies, quantity, loss);
    context.figure(
        new Figure.Sweep(
            quantity.title(where),
            drawn.note(loss),
            along.axis(),
            quantity.axis(),
            drawn.series()));
  }

  /**
   * Shows how latencies spread at one point, a curve per strategy.
   *
   * @param where what it is about
   */
  public static void spread(
      StudyContext context,
      String where,
      CellKey.Point point,
      GridResults results,
      List<String> strategies,
      double loss) {
    Map<String, double[]> samples = new LinkedHashMap<>();
    boolean marked = false;
    for (String strategy : strategies) {
      Optional<Series> series = results.at(point, strategy);
      if (series.isPresent()) {
        boolean wrong = !series.get().accurate(loss);
        marked |= wrong;
        samples.put(strategy + (wrong ? MARK : ""), series.get().latencyQuantiles());
      }
    }
    context.figure(
        Figure.Cdf.of(
            where + ": latency from capture",
            EMULATED
                + " A frame without a prediction counts with twice the deadline at least."
                + (marked ? " " + MARK.strip() + " " + wrong(loss) + "." : ""),
            Axis.logarithmic("latency", "ms"),
            samples));
  }

  private static String wrong(double loss) {
    return String.format(
        Locale.ROOT, "shown to be more than %.1f points below the uncut network", loss);
  }

  /**
   * Curves or bars of strategies.
   *
   * @param marked whether some strategy is not accurate enough somewhere
   */
  private record Drawn(List<dev.sluice.experiments.report.figure.Series> series, boolean marked) {
    static Drawn of(
        List<CellKey.Point> points,
        ToDoubleFunction<CellKey.Point> place,
        GridResults results,
        List<String> strategies,
        Quantity quantity,
        double loss) {
      List<dev.sluice.experiments.report.figure.Series> all = new ArrayList<>();
      boolean anyMarked = false;
      for (String strategy : strategies) {
        List<Point> drawn = new ArrayList<>();
        boolean marked = false;
        for (CellKey.Point point : points) {
          double x = place.applyAsDouble(point);
          Optional<Series> known = results.at(point, strategy);
          if (Double.isFinite(x)) {
            Point plain = Point.of(x, known.map(quantity.of()::applyAsDouble).orElse(Double.NaN));
            boolean wrong = known.filter(some -> !some.accurate(loss)).isPresent();
            drawn.add(wrong ? plain.hollow(wrong(loss)) : plain);
            marked |= wrong;
          }
        }
        anyMarked |= marked;
        all.add(
            new dev.sluice.experiments.report.figure.Series(
                strategy + (marked ? MARK : ""), drawn));
      }
      return new Drawn(all, anyMarked);
    }

    String note(double loss) {
      return marked
          ? EMULATED + " Hollow, and " + MARK.strip() + " in the legend: " + wrong(loss) + "."
          : EMULATED;
    }
  }

  /**
   * Prints a line per strategy.
   *
   * @param where what all of it is about
   * @param columns points by title
   * @param quantity what is shown
   * @param loss figures of strategies that are shown to lose more points of accuracy are marked
   */
  private static void print(
      PrintStream console,
      String where,
      Map<String, CellKey.Point> columns,
      GridResults results,
      List<String> strategies,
      Quantity quantity,
      double loss) {
    List<String> titles = new ArrayList<>();
    titles.add(quantity.title(where));
    titles.addAll(columns.keySet());
    TextTable table = new TextTable(titles.toArray(String[]::new));
    boolean marked = false;
    for (String strategy : strategies) {
      if (columns.values().stream().allMatch(point -> results.at(point, strategy).isEmpty())) {
        continue;
      }
      List<String> row = new ArrayList<>();
      row.add(strategy);
      for (CellKey.Point point : columns.values()) {
        boolean wrong = results.at(point, strategy).filter(s -> !s.accurate(loss)).isPresent();
        marked |= wrong;
        row.add(
            results
                .at(point, strategy)
                .map(s -> Double.valueOf(quantity.of().applyAsDouble(s)))
                .map(value -> value.isNaN() ? "-" : String.format(Locale.ROOT, "%.3g", value))
                .map(text -> text + (wrong ? "*" : ""))
                .orElse("-"));
      }
      table.row(row.toArray(String[]::new));
    }
    console.println();
    table.lines().forEach(console::println);
    if (marked) {
      console.println("* " + wrong(loss));
    }
  }
}

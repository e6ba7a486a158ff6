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
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Shows a figure of all strategies at several points: as a table, and in the report. */
public final class StrategyTable {
  private static final String EMULATED = "Emulated. Strategies can be hidden in the legend.";

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
              .collect(Collectors.toMap(GridConfig.Link::name, GridConfig.Link::uplinkMbit));
      return new Along(
          Axis.logarithmic("uplink", "Mbit/s"),
          point -> rates.getOrDefault(point.link(), Double.NaN));
    }
  }

  /**
   * Shows a line per strategy, and bars in the report.
   *
   * @param title of the column of strategies
   * @param columns points by title
   * @param figure what is shown
   * @param loss figures of strategies that are shown to lose more points of accuracy are marked
   */
  public static void show(
      StudyContext context,
      String title,
      Map<String, CellKey.Point> columns,
      GridResults results,
      List<String> strategies,
      ToDoubleFunction<Series> figure,
      double loss) {
    print(context.console(), title, columns, results, strategies, figure, loss);
    Map<String, List<Double>> bars = new LinkedHashMap<>();
    for (String strategy : strategies) {
      bars.put(
          strategy,
          columns.values().stream().map(point -> value(results, point, strategy, figure)).toList());
    }
    context.figure(
        Figure.Bars.of(title, EMULATED, Axis.of("", ""), List.copyOf(columns.keySet()), bars));
  }

  /** Shows a line per strategy, and a curve in the report. */
  public static void show(
      StudyContext context,
      String title,
      Along along,
      Map<String, CellKey.Point> columns,
      GridResults results,
      List<String> strategies,
      ToDoubleFunction<Series> figure,
      double loss) {
    print(context.console(), title, columns, results, strategies, figure, loss);
    List<dev.sluice.experiments.report.figure.Series> lines = new ArrayList<>();
    for (String strategy : strategies) {
      lines.add(
          new dev.sluice.experiments.report.figure.Series(
              strategy,
              columns.values().stream()
                  .map(
                      point ->
                          Point.of(
                              along.place().applyAsDouble(point),
                              value(results, point, strategy, figure)))
                  .toList()));
    }
    context.figure(new Figure.Sweep(title, EMULATED, along.axis(), Axis.of("", ""), lines));
  }

  private static double value(
      GridResults results, CellKey.Point point, String strategy, ToDoubleFunction<Series> figure) {
    return results.at(point, strategy).map(figure::applyAsDouble).orElse(Double.NaN);
  }

  /**
   * Prints a line per strategy.
   *
   * @param title of the column of strategies
   * @param columns points by title
   * @param figure what is shown
   * @param loss figures of strategies that are shown to lose more points of accuracy are marked
   */
  private static void print(
      PrintStream console,
      String title,
      Map<String, CellKey.Point> columns,
      GridResults results,
      List<String> strategies,
      ToDoubleFunction<Series> figure,
      double loss) {
    List<String> titles = new ArrayList<>();
    titles.add(title);
    titles.addAll(columns.keySet());
    TextTable table = new TextTable(titles.toArray(String[]::new));
    boolean marked = false;
    for (String strategy : strategies) {
      List<String> row = new ArrayList<>();
      row.add(strategy);
      for (CellKey.Point point : columns.values()) {
        boolean wrong = results.at(point, strategy).filter(s -> !s.accurate(loss)).isPresent();
        marked |= wrong;
        row.add(
            results
                .at(point, strategy)
                .map(s -> Double.valueOf(figure.applyAsDouble(s)))
                .map(value -> value.isNaN() ? "-" : String.format(Locale.ROOT, "%.3g", value))
                .map(text -> text + (wrong ? "*" : ""))
                .orElse("-"));
      }
      table.row(row.toArray(String[]::new));
    }
    console.println();
    table.lines().forEach(console::println);
    if (marked) {
      console.printf(
          Locale.ROOT, "* shown to be more than %.1f points below the uncut network%n", loss);
    }
  }
}

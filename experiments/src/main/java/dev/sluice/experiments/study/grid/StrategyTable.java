package dev.sluice.experiments.study.grid;

import dev.sluice.experiments.report.TextTable;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Shows a figure of all strategies at several points. */
public final class StrategyTable {
  private StrategyTable() {}

  /**
   * Prints a line per strategy.
   *
   * @param title of the column of strategies
   * @param columns points by title
   * @param figure what is shown
   * @param loss figures of strategies that are shown to lose more points of accuracy are marked
   */
  public static void print(
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

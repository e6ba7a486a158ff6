package dev.sluice.experiments.report.compare;

import dev.sluice.experiments.report.CsvFile;
import dev.sluice.experiments.report.RawTable;
import dev.sluice.experiments.report.RawTable.Column;
import dev.sluice.experiments.report.RawTable.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * One table of two runs, row by row. Rows pair up where all their keys are equal. Conditions are
 * the values of the keys; under one condition the blocks (seeds, drives, traces) are its repeats,
 * each by the mean of its rows. Without blocks the rows themselves are, all under one condition.
 *
 * @param measures what is judged, condition by condition
 * @param unpaired rows of either run without a partner, or whose keys are not unique
 */
record PairedTable(List<Measure> measures, int unpaired) {
  /**
   * A column under a condition.
   *
   * @param what the column and the condition
   * @param better 1 where more is better, -1 where less is
   * @param before mean over the blocks in the first run
   * @param changes one per block
   */
  record Measure(String what, int better, double before, List<Double> changes) {}

  /** A row of each run with the same keys. */
  private record Pair(List<String> before, List<String> after) {}

  private static final int MOST_ROWS = 1_000_000;

  PairedTable {
    measures = List.copyOf(measures);
  }

  /**
   * Pairs a table's rows.
   *
   * @param table as the first run lists it
   * @throws IOException if a file is missing or damaged
   */
  static PairedTable of(RawTable table, Path before, Path after) throws IOException {
    Map<List<String>, List<String>> first = rows(table, before.resolve(table.file()));
    Map<List<String>, List<String>> second = rows(table, after.resolve(table.file()));
    Map<List<String>, Map<List<String>, List<Pair>>> conditions = new LinkedHashMap<>();
    int paired = 0;
    for (Map.Entry<List<String>, List<String>> row : first.entrySet()) {
      List<String> partner = second.get(row.getKey());
      if (partner != null && !row.getValue().isEmpty() && !partner.isEmpty()) {
        paired++;
        conditions
            .computeIfAbsent(condition(table, row.getValue()), c -> new LinkedHashMap<>())
            .computeIfAbsent(block(table, row.getValue()), b -> new ArrayList<>())
            .add(new Pair(row.getValue(), partner));
      }
    }
    List<Measure> measures = new ArrayList<>();
    for (int column = 0; column < table.columns().size(); column++) {
      Column each = table.columns().get(column);
      if (each.role() == Role.COST || each.role() == Role.GAIN) {
        for (var condition : conditions.entrySet()) {
          String where =
              condition.getKey().isEmpty()
                  ? ""
                  : " (" + String.join(", ", condition.getKey()) + ")";
          measure(
              table.file() + ": " + each.name() + where,
              each.role() == Role.GAIN ? 1 : -1,
              column,
              condition.getValue().values(),
              measures);
        }
      }
    }
    return new PairedTable(measures, first.size() + second.size() - 2 * paired);
  }

  private static void measure(
      String what, int better, int column, Iterable<List<Pair>> blocks, List<Measure> measures) {
    List<Double> changes = new ArrayList<>();
    double sum = 0;
    for (List<Pair> block : blocks) {
      double change = 0;
      double level = 0;
      int counted = 0;
      for (Pair pair : block) {
        OptionalDouble one = number(pair.before().get(column));
        OptionalDouble other = number(pair.after().get(column));
        if (one.isPresent() && other.isPresent()) {
          level += one.getAsDouble();
          change += other.getAsDouble() - one.getAsDouble();
          counted++;
        }
      }
      if (counted > 0) {
        changes.add(change / counted);
        sum += level / counted;
      }
    }
    if (!changes.isEmpty()) {
      measures.add(new Measure(what, better, sum / changes.size(), changes));
    }
  }

  /** Rows by their keys; a key that comes twice has an empty row, which pairs with nothing. */
  private static Map<List<String>, List<String>> rows(RawTable table, Path file)
      throws IOException {
    if (!Files.exists(file)) {
      throw new IOException(file + " is missing; run the study again");
    }
    CsvFile csv = CsvFile.read(file, MOST_ROWS);
    if (!csv.columns().equals(table.columns().stream().map(Column::name).toList())) {
      throw new IOException(
          "%s has the columns %s, not %s; the runs are of different versions of the study"
              .formatted(file, csv.columns(), table.columns().stream().map(Column::name).toList()));
    }
    Map<List<String>, List<String>> rows = new LinkedHashMap<>();
    for (List<String> row : csv.rows()) {
      List<String> key = new ArrayList<>();
      for (int column = 0; column < row.size(); column++) {
        Role role = table.columns().get(column).role();
        if (role == Role.KEY || role == Role.BLOCK || role == Role.REPEAT) {
          key.add(row.get(column));
        }
      }
      rows.merge(key, row, (one, other) -> List.of());
    }
    return rows;
  }

  private static boolean hasBlocks(RawTable table) {
    return table.columns().stream().anyMatch(column -> column.role() == Role.BLOCK);
  }

  private static List<String> condition(RawTable table, List<String> row) {
    return hasBlocks(table) ? cells(table, row, Role.KEY) : List.of();
  }

  private static List<String> block(RawTable table, List<String> row) {
    return cells(table, row, hasBlocks(table) ? Role.BLOCK : Role.KEY);
  }

  private static List<String> cells(RawTable table, List<String> row, Role role) {
    List<String> parts = new ArrayList<>();
    for (int column = 0; column < row.size(); column++) {
      if (table.columns().get(column).role() == role) {
        parts.add(row.get(column));
      }
    }
    return parts;
  }

  private static OptionalDouble number(String cell) {
    try {
      double value = Double.parseDouble(cell);
      return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
    } catch (NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }
}

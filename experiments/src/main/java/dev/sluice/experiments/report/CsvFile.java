package dev.sluice.experiments.report;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A table of raw results as text. Immutable.
 *
 * @param columns their titles
 * @param rows the first ones, each with a cell per column
 * @param total how many rows the file has, at least as many as are held
 */
public record CsvFile(List<String> columns, List<List<String>> rows, int total) {
  private static final CsvMapper MAPPER =
      CsvMapper.builder().enable(CsvParser.Feature.WRAP_AS_ARRAY).build();

  public CsvFile {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
  }

  /**
   * Reads a file whose first line has the titles.
   *
   * @param mostRows how many rows are held; the others are counted
   * @throws IOException if it cannot be read or a row has not as many cells as there are titles
   */
  public static CsvFile read(Path file, int mostRows) throws IOException {
    try (MappingIterator<String[]> lines =
        MAPPER.readerFor(String[].class).readValues(file.toFile())) {
      if (!lines.hasNext()) {
        return new CsvFile(List.of(), List.of(), 0);
      }
      List<String> columns = List.of(lines.next());
      List<List<String>> rows = new ArrayList<>();
      int total = 0;
      while (lines.hasNext()) {
        String[] row = lines.next();
        total++;
        if (row.length != columns.size()) {
          throw new IOException(
              "%s, row %d has %d cells, not %d".formatted(file, total, row.length, columns.size()));
        }
        if (rows.size() < mostRows) {
          rows.add(List.of(row));
        }
      }
      return new CsvFile(columns, rows, total);
    } catch (RuntimeJsonMappingException e) {
      throw new IOException(file + " is no table in CSV: " + e.getMessage(), e);
    }
  }
}

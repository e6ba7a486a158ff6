package dev.sluice.training;

import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Cuts in words, one line each, in columns. */
final class CutTable {
  private static final int MAX_NAME = 44;

  private CutTable() {}

  /** Returns lines of equal layout: texts to the left, figures (marked by their column) right. */
  static List<String> lines(List<List<String>> rows, List<Boolean> right) {
    int[] widths = new int[right.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String padding = " ".repeat(widths[i] - row.get(i).length());
        line.append(i == 0 ? "" : "  ");
        line.append(right.get(i) ? padding + row.get(i) : row.get(i) + padding);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  static String shortened(String name) {
    return name.length() <= MAX_NAME ? name : "..." + name.substring(name.length() - MAX_NAME + 3);
  }

  static String tensors(CutPoint cut) {
    return cut.tensors().stream().map(CutTable::shortened).collect(Collectors.joining(" "));
  }

  static String types(CutPoint cut) {
    return cut.types().stream().map(CutTable::type).distinct().collect(Collectors.joining(" "));
  }

  static String type(TensorType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  static String shapes(CutPoint cut) {
    return cut.shapes().stream().map(CutTable::shape).collect(Collectors.joining(" "));
  }

  private static String shape(int[] shape) {
    return shape.length == 0
        ? "-"
        : Arrays.stream(shape).mapToObj(String::valueOf).collect(Collectors.joining("x"));
  }

  static String bytes(long bytes) {
    return String.format(Locale.ROOT, "%,d", bytes);
  }

  static String share(long macs, long total) {
    return String.format(Locale.ROOT, "%.1f %%", 100.0 * macs / Math.max(1, total));
  }
}

package dev.sluice.experiments.study.codec;

import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Bytes against accuracy. */
final class CodecFigures {
  private CodecFigures() {}

  /** What a network's codecs send and lose on the test set, by where they cut. */
  static Figure of(String network, List<Row> rows) {
    Map<String, List<Series.Point>> kinds = new LinkedHashMap<>();
    for (Row row : rows) {
      String kind = row.kind().name().toLowerCase(Locale.ROOT);
      kinds
          .computeIfAbsent(kind, name -> new ArrayList<>())
          .add(
              Series.Point.of(
                      row.meanBytes(),
                      row.difference().value(),
                      row.difference().low(),
                      row.difference().high())
                  .labelled("cut %d, %s".formatted(row.cut(), row.codec())));
    }
    List<Series> series = new ArrayList<>();
    kinds.forEach((kind, points) -> series.add(new Series(kind, points)));
    return new Figure.Pareto(
        network + ": bytes against accuracy",
        "Mean bytes per sample and accuracy against the uncut network on the test set, for every"
            + " codec that was chosen on the select set, at all cuts.",
        Axis.logarithmic("mean bytes", "bytes"),
        Axis.of("accuracy against the uncut network", "points"),
        true,
        series);
  }
}

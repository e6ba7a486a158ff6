package dev.sluice.experiments.study.floors;

import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** How often certified floors break, and what they cost. */
final class FloorsFigures {
  private FloorsFigures() {}

  static List<Figure> of(List<Findings> findings) {
    return List.of(broken(findings), costs(findings));
  }

  private static Figure broken(List<Findings> findings) {
    Map<String, List<Double>> shares = new LinkedHashMap<>();
    shares.put("some certified plan", findings.stream().map(Findings::anyBroken).toList());
    shares.put("the chosen plan, worst link", findings.stream().map(Findings::mostBroken).toList());
    return Figure.Bars.of(
        "Tables after which a floor is broken",
        "At most 0.05 is promised.",
        Axis.of("tables", "share"),
        names(findings),
        shares);
  }

  private static Figure costs(List<Findings> findings) {
    List<Series.Point> uncertified = new ArrayList<>();
    List<Series.Point> best = new ArrayList<>();
    for (int i = 0; i < findings.size(); i++) {
      addPoint(uncertified, i, findings.get(i), Findings.Choices::overUncertified);
      addPoint(best, i, findings.get(i), Findings.Choices::overBest);
    }
    return new Figure.Bars(
        "What the proof costs",
        "Cost of the certified choice over that of others, geometric mean over the links; whiskers"
            + " reach from the least to the most.",
        Axis.of("cost over the other's", "ratio"),
        names(findings),
        List.of(
            new Series("the choice without proof", uncertified),
            new Series("the best that truly holds", best)));
  }

  private static void addPoint(
      List<Series.Point> points,
      int group,
      Findings found,
      ToDoubleFunction<Findings.Choices> ratio) {
    double[] ratios =
        found.choices().stream()
            .mapToDouble(ratio)
            .filter(value -> Double.isFinite(value) && value > 0)
            .sorted()
            .toArray();
    if (ratios.length > 0) {
      double mean = Math.exp(Arrays.stream(ratios).map(Math::log).average().orElseThrow());
      points.add(Series.Point.of(group, mean, ratios[0], ratios[ratios.length - 1]));
    }
  }

  private static List<String> names(List<Findings> findings) {
    return findings.stream().map(found -> found.question().name()).toList();
  }
}

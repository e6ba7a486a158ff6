package dev.sluice.experiments.study.ablation;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.Entrants;
import dev.sluice.experiments.study.grid.Grid;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.grid.GridResults;
import dev.sluice.experiments.study.grid.Measure;
import dev.sluice.experiments.study.grid.Series;
import dev.sluice.experiments.study.grid.StrategyTable;
import dev.sluice.experiments.study.grid.StudyFile;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Question;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is each part of Sluice worth? The same streams with one part taken away at a time: what the
 * objective minimises, as a ratio to the whole, and what is broken that the whole keeps. All is
 * emulated.
 *
 * <p>The claim is that the whole is at least as good as Sluice without a part: on no link is less
 * shown to be spent without it, by the paired interval of 95 %, while deadline and accuracy are
 * kept as the whole keeps them. Whoever spends less and breaks what the whole keeps is worse and
 * not better; a part that only keeps promises, such as certification, shows its worth so. The
 * intervals of single links are not widened for their number, which is to the whole's disadvantage.
 */
public final class AblationStudy implements Study {

  @Override
  public String name() {
    return "ablation";
  }

  @Override
  public String question() {
    return "What is each part of Sluice worth: what does it cost to go without, and what breaks?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    GridConfig config =
        StudyFile.read(context, getClass(), "ablation.yaml", GridConfig.class).aboutSluice();
    List<Contender> own = new ArrayList<>(Ablation.contenders());
    own.add(0, Contender.SLUICE);
    GridResults results = new Grid(context, config, new Entrants(own)).run();
    results.write(context);
    long seed = context.seed("resampling");
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    for (String bundle : results.bundles()) {
      for (GridConfig.Task task : config.tasks()) {
        Measure cost = cost(task.question());
        List<CellKey.Point> points =
            results.points(task.name()).stream().filter(p -> p.bundle().equals(bundle)).toList();
        Map<String, CellKey.Point> columns = GridResults.byLink(points);
        String where = bundle + ", " + task.name();
        StrategyTable.show(
            context,
            where,
            columns,
            results,
            config.strategies(),
            StrategyTable.Quantity.of(
                cost.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '), cost),
            config.points());
        StrategyTable.show(
            context,
            where,
            columns,
            results,
            config.strategies(),
            StrategyTable.Quantity.LATE,
            config.points());
        List<String> parts =
            config.strategies().stream().filter(name -> !name.equals(Entrants.SLUICE)).toList();
        Map<String, List<Comparison>> compared = new LinkedHashMap<>();
        for (String part : parts) {
          compared.put(part, compare(results, points, part, task.question(), cost, seed));
        }
        print(context, where, columns.keySet(), compared);
        compared.forEach(
            (part, all) -> {
              all.forEach(one -> lines.add(line(where, part, one)));
              claims.add(claim(where, part, all));
            });
      }
    }
    context.csv("ablation.csv", TITLES, lines);
    return claims;
  }

  /** What a question minimises, as streams measure it. */
  static Measure cost(Question question) {
    return switch (question.cost().kind()) {
      case WORKER_COMPUTE -> Measure.WORKER;
      case UPLINK_BYTES -> Measure.BYTES;
      case DEVICE_COMPUTE -> Measure.DEVICE;
      case MEAN_LATENCY -> Measure.MEAN_LATENCY;
      case ACCURACY,
          LATENCY_PERCENTILE,
          DEADLINE_MISSES,
          THROUGHPUT,
          DEVICE_ENERGY,
          DEVICE_MEMORY,
          MONTHLY_UPLINK_BYTES ->
          throw new IllegalArgumentException("not a cost of this study: " + question.cost());
    };
  }

  private static final List<String> TITLES =
      List.of(
          "where",
          "strategy",
          "link",
          "cost_ratio",
          "low",
          "high",
          "whole_breaks",
          "without_breaks",
          "verdict");

  private static List<Object> line(String where, String part, Comparison one) {
    return List.of(
        where,
        part,
        one.link(),
        one.cost().value(),
        one.cost().low(),
        one.cost().high(),
        String.join("; ", one.wholeBreaks()),
        String.join("; ", one.withoutBreaks()),
        one.verdict());
  }

  private static List<Comparison> compare(
      GridResults results,
      List<CellKey.Point> points,
      String part,
      Question question,
      Measure cost,
      long seed) {
    List<Comparison> all = new ArrayList<>();
    for (CellKey.Point point : points) {
      Optional<Series> whole = results.at(point, Entrants.SLUICE);
      Optional<Series> without = results.at(point, part);
      if (whole.isPresent() && without.isPresent()) {
        all.add(Comparison.of(whole.get(), without.get(), question, cost, seed));
      }
    }
    return all;
  }

  private static void print(
      StudyContext context,
      String where,
      Set<String> links,
      Map<String, List<Comparison>> compared) {
    List<String> titles = new ArrayList<>();
    titles.add(where + ": cost over the whole's");
    titles.addAll(links);
    TextTable table = new TextTable(titles.toArray(String[]::new));
    compared.forEach(
        (part, all) -> {
          List<String> row = new ArrayList<>();
          row.add(part);
          for (String link : links) {
            row.add(
                all.stream()
                    .filter(one -> one.link().equals(link))
                    .findFirst()
                    .map(
                        one ->
                            String.format(
                                Locale.ROOT, "%.2f %s", one.cost().value(), one.verdict()))
                    .orElse("-"));
          }
          table.row(row.toArray(String[]::new));
        });
    context.console().println();
    table.lines().forEach(context.console()::println);
  }

  /** That on no link it is better without. */
  static Claim claim(String where, String part, List<Comparison> all) {
    return Claim.of(
        "%s: links on which %s less is spent for as much as the whole keeps, emulated"
            .formatted(where, part),
        all.isEmpty() ? Double.NaN : all.stream().filter(Comparison::better).count(),
        "of " + all.size(),
        "= 0",
        all.size());
  }
}

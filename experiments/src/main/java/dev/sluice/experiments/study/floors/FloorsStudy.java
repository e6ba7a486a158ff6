package dev.sluice.experiments.study.floors;

import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.edge.host.EmulatedProfile;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.StudyFile;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Do the accuracy floors that the scheduler certifies hold, for every plan that it may choose, and
 * how much more compute do they cost than taking the SELECT table at its word?
 *
 * <p>The shipped bundle is measured on drives that nothing was chosen on. That pool is taken for
 * the world: its means are the truth. Tables are drawn from it, drive by drive; on each the floors
 * are proven as the scheduler proves them on its CERTIFY table, and a plan is chosen under several
 * links. What the SELECT table says, and so which plans are tested and what the uncertified choice
 * is, stays the same throughout, as it does in a bundle. A run that was killed goes on.
 */
public final class FloorsStudy implements Study {
  @Override
  public String name() {
    return "floors";
  }

  @Override
  public String question() {
    return "Do certified accuracy floors hold for every plan, and what do they cost?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  /**
   * A question about tables of one size.
   *
   * @param drives in a table
   */
  private record Asked(Question question, int drives) {
    String key() {
      return question.text() + " | " + drives + " drives";
    }
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    FloorsConfig config = StudyFile.read(context, getClass(), "floors.yaml", FloorsConfig.class);
    Path path = context.input("roadsigns", context.home().resolve("experiments/bundles/roadsigns"));
    Bundle bundle = Bundle.open(path);
    BundleFacts facts = BundleFactsReader.read(bundle);
    int drives = sequences(facts.certify());
    Map<String, Asked> asked = new LinkedHashMap<>();
    for (Question question : config.questions()) {
      for (int size : Stream.concat(Stream.of(drives), config.smaller().stream()).toList()) {
        Asked one = new Asked(question, size);
        asked.put(one.key(), one);
      }
    }
    /* The same tables for every question. */
    long seed = context.seed("tables");
    Resampling resampling =
        resampling(facts, Pool.of(context, bundle, config.poolDrives()), config);
    List<Findings> all;
    try (Cells cells =
        context.cells(config.toString(), Runtime.getRuntime().availableProcessors())) {
      all =
          List.copyOf(
              cells
                  .measure(
                      List.copyOf(asked.keySet()),
                      Findings.class,
                      key -> ask(resampling, config, Objects.requireNonNull(asked.get(key)), seed))
                  .values());
    }
    List<Findings> findings = all.stream().filter(found -> found.drives() == drives).toList();
    for (Findings found : findings) {
      print(context, found);
    }
    context.csv("floors.csv", TITLES, all.stream().flatMap(FloorsStudy::rows).toList());
    if (findings.isEmpty()) {
      return List.of();
    }
    FloorsFigures.of(findings).forEach(context::figure);
    sizes(context, all);
    return claims(findings);
  }

  private static Findings ask(Resampling resampling, FloorsConfig config, Asked asked, long seed) {
    return resampling.ask(
        asked.question(),
        config.links(),
        asked.drives(),
        config.tables(),
        new SplittableRandom(seed));
  }

  private static Resampling resampling(
      BundleFacts facts, CalibrationTable pool, FloorsConfig config) {
    double factor = config.device().networkMillis() * 1e6 / facts.profile().networkNanos();
    BundleFacts emulated = EmulatedProfile.of(facts, factor, config.device().scalarFactor());
    List<Plan> plans =
        CandidatePlans.sluice(emulated).stream().flatMap(chain -> chain.plans().stream()).toList();
    return new Resampling(
        emulated, plans, SchedulerOptions.defaults(), pool, factor, config.periodNanos());
  }

  private static int sequences(CalibrationTable table) {
    Set<Integer> known = new HashSet<>();
    int alone = 0;
    for (int s = 0; s < table.samples(); s++) {
      if (table.sequence(s) < 0) {
        alone++;
      } else {
        known.add(table.sequence(s));
      }
    }
    return alone + known.size();
  }

  private static final List<String> TITLES =
      List.of(
          "question",
          "drives",
          "tables",
          "tested",
          "proven",
          "critical value",
          "any broken",
          "link",
          "nothing proven",
          "chosen broken",
          "cost",
          "uncertified cost",
          "uncertified true difference",
          "best cost",
          "over uncertified",
          "over best");

  private static Stream<List<Object>> rows(Findings found) {
    return found.choices().stream()
        .map(
            choices ->
                List.<Object>of(
                    found.question().name(),
                    found.drives(),
                    found.resamplings(),
                    found.tested(),
                    found.proven(),
                    found.criticalValue(),
                    found.anyBroken(),
                    choices.condition().name(),
                    choices.nothing(),
                    choices.broken(),
                    choices.cost(),
                    choices.uncertified(),
                    choices.uncertifiedDifference(),
                    choices.best(),
                    choices.overUncertified(),
                    choices.overBest()));
  }

  private static void print(StudyContext context, Findings found) throws IOException {
    context
        .console()
        .printf(
            Locale.ROOT,
            "%n%s: %d plans tested, %.1f proven, critical value %.2f; some plan breaks its floor"
                + " after %.1f %% of %d tables%n",
            found.question().name(),
            found.tested(),
            found.proven(),
            found.criticalValue(),
            100 * found.anyBroken(),
            found.resamplings());
    TextTable table =
        new TextTable(
            "link",
            "nothing",
            "broken",
            "cost",
            "uncertified",
            "truly",
            "best",
            "/ unc.",
            "/ best");
    for (Findings.Choices choices : found.choices()) {
      table.row(
          choices.condition().name(),
          text("%.1f %%", 100 * choices.nothing()),
          text("%.1f %%", 100 * choices.broken()),
          text("%.3f ms", choices.cost() / 1e6),
          text("%.3f ms", choices.uncertified() / 1e6),
          text("%+.2f pt", 100 * choices.uncertifiedDifference()),
          text("%.3f ms", choices.best() / 1e6),
          text("%.3f", choices.overUncertified()),
          text("%.3f", choices.overBest()));
    }
    table.lines().forEach(context.console()::println);
  }

  /** What a table's size is worth. */
  private static void sizes(StudyContext context, List<Findings> all) {
    TextTable table =
        new TextTable("drives", "any broken", "chosen broken", "nothing", "/ unc.", "/ best");
    for (int drives : all.stream().mapToInt(Findings::drives).distinct().sorted().toArray()) {
      List<Findings> some = all.stream().filter(found -> found.drives() == drives).toList();
      table.row(
          Integer.toString(drives),
          text("%.1f %%", 100 * some.stream().mapToDouble(Findings::anyBroken).max().orElse(0)),
          text("%.1f %%", 100 * some.stream().mapToDouble(Findings::mostBroken).max().orElse(0)),
          text(
              "%.1f %%",
              100
                  * some.stream()
                      .flatMap(found -> found.choices().stream())
                      .mapToDouble(Findings.Choices::nothing)
                      .average()
                      .orElse(0)),
          text("%.3f", meanRatio(some, true)),
          text("%.3f", meanRatio(some, false)));
    }
    context.console().println();
    table.lines().forEach(context.console()::println);
  }

  private static String text(String format, double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }

  /** Geometric mean over questions and links, of those where both have a cost. */
  static double meanRatio(List<Findings> findings, boolean overUncertified) {
    double[] logs =
        findings.stream()
            .flatMap(found -> found.choices().stream())
            .mapToDouble(
                choices -> overUncertified ? choices.overUncertified() : choices.overBest())
            .filter(ratio -> !Double.isNaN(ratio))
            .map(Math::log)
            .toArray();
    return logs.length == 0 ? Double.NaN : Math.exp(Arrays.stream(logs).average().orElse(0));
  }

  /**
   * By question and link where the uncertified choice costs nothing: what the certified one costs.
   */
  static double[] zeroDifferences(List<Findings> findings) {
    return findings.stream()
        .flatMap(found -> found.choices().stream())
        .filter(choices -> choices.uncertified() == 0 && !Double.isNaN(choices.cost()))
        .mapToDouble(Findings.Choices::cost)
        .toArray();
  }

  static List<Claim> claims(List<Findings> findings) {
    int tables = findings.get(0).resamplings();
    List<Claim> claims = new ArrayList<>();
    claims.add(
        Claim.of(
            "tables after which some certified plan breaks its floor, the worst question",
            findings.stream().mapToDouble(Findings::anyBroken).max().orElse(Double.NaN),
            "share",
            "<= 0.05",
            tables));
    claims.add(
        Claim.of(
            "tables after which the chosen plan breaks its floor, the worst question and link",
            findings.stream().mapToDouble(Findings::mostBroken).max().orElse(Double.NaN),
            "share",
            "<= 0.05",
            tables));
    claims.add(
        Claim.of(
            "tables after which no proven plan is in time where one that is not proven is, mean"
                + " over questions and links (ratios below leave them out)",
            findings.stream()
                .flatMap(found -> found.choices().stream())
                .filter(choices -> !Double.isNaN(choices.uncertified()))
                .mapToDouble(Findings.Choices::nothing)
                .average()
                .orElse(Double.NaN),
            "share",
            "<= 0.05",
            tables));
    for (Metric.Kind kind : List.of(Metric.Kind.WORKER_COMPUTE, Metric.Kind.DEVICE_COMPUTE)) {
      List<Findings> some =
          findings.stream().filter(found -> found.question().cost().kind() == kind).toList();
      claims.add(
          Claim.of(
              Metric.of(kind) + " over that of the uncertified choice",
              meanRatio(some, true),
              "ratio",
              "<= 1.1",
              tables));
      double[] differences = zeroDifferences(some);
      if (differences.length > 0) {
        claims.add(
            Claim.of(
                Metric.of(kind)
                    + " where that of the uncertified choice is 0, mean over those questions and"
                    + " links",
                Arrays.stream(differences).average().orElseThrow() / 1e6,
                "ms",
                "<= 0",
                differences.length));
      }
    }
    return claims;
  }
}

package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.RawTable.Column;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/** What the findings say, as tables and as claims. */
final class Report {
  static final List<String> RUN_TITLES =
      List.of(
          "bundle",
          "question",
          "trace",
          "planner",
          "form",
          "run",
          "frames",
          "late_share",
          "dropped",
          "degraded",
          "from_cloud",
          "accuracy",
          "accuracy_difference",
          "p95_ms",
          "mean_ms",
          "worker_us",
          "device_ms",
          "uplink_bytes",
          "probes",
          "plan_changes",
          "cost",
          "holds");

  static final List<String> REGRET_TITLES =
      List.of(
          "bundle",
          "question",
          "trace",
          "cost",
          "holds",
          "oracle_cost",
          "ratio",
          "difference",
          "oracle_holds",
          "free_oracle_cost",
          "free_ratio",
          "bound",
          "best_rival",
          "rival_cost",
          "rival_ratio",
          "best_proven_rival",
          "proven_rival_ratio",
          "unproven_cost",
          "unproven_holds",
          "static_cost",
          "static_ratio");

  /** Traces are the repeats of a bundle's question; the cost is what is judged. */
  static List<Column> regretColumns() {
    return REGRET_TITLES.stream()
        .map(
            title ->
                switch (title) {
                  case "bundle", "question" -> Column.key(title);
                  case "trace" -> Column.block(title);
                  case "cost" -> Column.cost(title);
                  default -> Column.info(title);
                })
        .toList();
  }

  static final List<String> RIVAL_TITLES =
      List.of(
          "bundle",
          "question",
          "rival",
          "form",
          "traces",
          "held",
          "proven",
          "both_held",
          "sluice_over_rival_mean",
          "sluice_over_rival_worst",
          "unserved");

  private static final String SHARED = "shared";
  private static final double NORMAL_QUANTILE_975 = 1.959964;

  private final List<Finding> findings;

  Report(List<Finding> findings) {
    this.findings = List.copyOf(findings);
  }

  /** One cost over another; 1 where both are 0, infinite where only the other is. */
  static double ratio(double cost, double other) {
    if (other == 0) {
      return cost == 0 ? 1 : Double.POSITIVE_INFINITY;
    }
    return cost / other;
  }

  /** Every run of every planner. */
  List<List<Object>> runs() {
    List<List<Object>> rows = new ArrayList<>();
    for (Finding finding : findings) {
      rows.add(row(finding, "sluice", SHARED, 0, finding.sluice()));
      rows.add(row(finding, "sluice without proofs", SHARED, 0, finding.unproven()));
      finding
          .runs()
          .forEach(
              (rival, run) ->
                  rows.add(row(finding, rival.name(), form(rival.form()), 0, run.outcome())));
      addAll(rows, finding, "static", finding.statics());
      addAll(rows, finding, "oracle", finding.oracle());
      addAll(rows, finding, "oracle, unproven plans too", finding.freeOracle());
    }
    return rows;
  }

  private static void addAll(
      List<List<Object>> rows, Finding finding, String name, List<Outcome> outcomes) {
    for (int run = 0; run < outcomes.size(); run++) {
      rows.add(row(finding, name, SHARED, run, outcomes.get(run)));
    }
  }

  private static String form(Contender.Form form) {
    return form.name().toLowerCase(Locale.ROOT);
  }

  private static List<Object> row(
      Finding finding, String planner, String form, int run, Outcome outcome) {
    return List.of(
        finding.bundle(),
        finding.question().name(),
        finding.trace(),
        planner,
        form,
        run,
        outcome.frames(),
        outcome.lateShare(),
        outcome.dropped(),
        outcome.degraded(),
        outcome.fromCloud(),
        outcome.accuracy(),
        outcome.difference(),
        outcome.p95Nanos() / 1e6,
        outcome.meanNanos() / 1e6,
        outcome.workerNanos() / 1e3,
        outcome.deviceNanos() / 1e6,
        outcome.uplinkBytes(),
        outcome.probes(),
        outcome.planChanges(),
        finding.cost(outcome),
        outcome.holds(finding.question()));
  }

  /** The scheduler beside its references, trace by trace. */
  List<List<Object>> regrets() {
    List<List<Object>> rows = new ArrayList<>();
    for (Finding finding : findings) {
      double cost = finding.cost(finding.sluice());
      Optional<Double> oracle = finding.reference().map(finding::cost);
      Optional<Double> free = finding.freeReference().map(finding::cost);
      Optional<Map.Entry<Contender, Finding.Run>> rival = finding.bestRival();
      Optional<Double> rivalCost = rival.map(best -> finding.cost(best.getValue().outcome()));
      Optional<Map.Entry<Contender, Finding.Run>> proven = finding.bestProvenRival();
      Optional<Double> staticCost = finding.bestStatic().map(finding::cost);
      rows.add(
          List.of(
              finding.bundle(),
              finding.question().name(),
              finding.trace(),
              cost,
              finding.sluice().holds(finding.question()),
              oracle.map(String::valueOf).orElse(""),
              oracle.map(other -> String.valueOf(ratio(cost, other))).orElse(""),
              oracle.map(other -> String.valueOf(cost - other)).orElse(""),
              finding.oracleHolds(),
              free.map(String::valueOf).orElse(""),
              free.map(other -> String.valueOf(ratio(cost, other))).orElse(""),
              finding.bound(),
              rival.map(best -> best.getKey().name()).orElse(""),
              rivalCost.map(String::valueOf).orElse(""),
              rivalCost.map(other -> String.valueOf(ratio(cost, other))).orElse(""),
              proven.map(best -> best.getKey().name()).orElse(""),
              proven
                  .map(best -> String.valueOf(ratio(cost, finding.cost(best.getValue().outcome()))))
                  .orElse(""),
              finding.cost(finding.unproven()),
              finding.unproven().holds(finding.question()),
              staticCost.map(String::valueOf).orElse(""),
              staticCost.map(other -> String.valueOf(ratio(cost, other))).orElse("")));
    }
    return rows;
  }

  /** A line per bundle and question. */
  TextTable table() {
    TextTable table =
        new TextTable(
            "bundle, question",
            "traces",
            "held",
            "oracle holds",
            "no oracle",
            "of oracle: mean",
            "median",
            "worst",
            "of any plan: mean",
            "of best rival: worst",
            "of best proven rival: worst",
            "without proofs: held",
            "of best rival: worst",
            "of best static: mean",
            "late: worst",
            "accuracy: mean");
    groups()
        .forEach(
            (name, group) ->
                table.row(
                    name,
                    text("%d", group.size()),
                    text("%d", count(group.stream().filter(f -> f.sluice().holds(f.question())))),
                    text("%d", count(group.stream().filter(Finding::oracleHolds))),
                    text("%d", count(group.stream().filter(f -> f.reference().isEmpty()))),
                    figure(mean(oracleRatios(group)).value()),
                    figure(median(oracleRatios(group))),
                    figure(largest(oracleRatios(group))),
                    figure(mean(freeRatios(group)).value()),
                    figure(largest(rivalRatios(group))),
                    figure(largest(provenRivalRatios(group))),
                    text("%d", count(group.stream().filter(f -> f.unproven().holds(f.question())))),
                    figure(largest(unprovenRatios(group))),
                    figure(mean(staticRatios(group)).value()),
                    text(
                        "%.1f %%",
                        100 * largest(group.stream().map(f -> f.sluice().lateShare()).toList())),
                    text(
                        "%+.2f pt",
                        100
                            * mean(group.stream().map(f -> f.sluice().difference()).toList())
                                .value())));
    return table;
  }

  /** Every rival beside the scheduler, by bundle and question. */
  List<List<Object>> rivals() {
    List<List<Object>> rows = new ArrayList<>();
    groups()
        .values()
        .forEach(
            group -> {
              Finding any = group.get(0);
              any.runs()
                  .keySet()
                  .forEach(
                      rival -> {
                        List<Double> ratios = ratios(group, rival);
                        rows.add(
                            List.of(
                                any.bundle(),
                                any.question().name(),
                                rival.name(),
                                form(rival.form()),
                                group.size(),
                                held(group, rival),
                                count(group.stream().filter(f -> run(f, rival).proven())),
                                ratios.size(),
                                mean(ratios).value(),
                                largest(ratios),
                                unserved(rival, any.question())));
                      });
            });
    return rows;
  }

  /**
   * How many traces each rival holds every constraint on, and the mean ratio of the scheduler's
   * cost to the rival's where both do; what it cannot serve of an objective is named.
   */
  TextTable rivalTable(Contender.Form form) {
    TextTable table =
        new TextTable(
            "rival, " + form(form) + " form",
            "bundle, question",
            "traces",
            "held",
            "Sluice's cost over its: mean",
            "worst",
            "cannot serve");
    groups()
        .forEach(
            (name, group) ->
                group.get(0).runs().keySet().stream()
                    .filter(rival -> rival.form() == form)
                    .forEach(
                        rival -> {
                          List<Double> ratios = ratios(group, rival);
                          table.row(
                              rival.name(),
                              name,
                              text("%d", group.size()),
                              text("%d", held(group, rival)),
                              figure(mean(ratios).value()),
                              figure(largest(ratios)),
                              unserved(rival, group.get(0).question()));
                        }));
    return table;
  }

  private static Finding.Run run(Finding finding, Contender rival) {
    return Objects.requireNonNull(finding.runs().get(rival));
  }

  private static int held(List<Finding> group, Contender rival) {
    return count(group.stream().filter(f -> run(f, rival).outcome().holds(f.question())));
  }

  private static List<Double> ratios(List<Finding> group, Contender rival) {
    return group.stream()
        .filter(f -> f.sluice().holds(f.question()))
        .filter(f -> run(f, rival).outcome().holds(f.question()))
        .map(f -> ratio(f.cost(f.sluice()), f.cost(run(f, rival).outcome())))
        .filter(Double::isFinite)
        .toList();
  }

  private static String unserved(Contender rival, Question question) {
    return String.join(
        ", ",
        rival.unserved(question).stream()
            .map(kind -> kind.name().toLowerCase(Locale.ROOT))
            .toList());
  }

  /** What was asked, and what was found. */
  List<Claim> claims() {
    List<Claim> claims = new ArrayList<>();
    groups()
        .forEach(
            (name, group) -> {
              List<Double> ratios = oracleRatios(group);
              List<Double> differences = zeroDifferences(group);
              /* Not a number, which no claim holds with, where there is nothing to compare with. */
              if (!ratios.isEmpty() || differences.isEmpty()) {
                claims.add(
                    Claim.of(
                        name
                            + ": cost over the trace-clairvoyant oracle's, never below 1 since"
                            + " Sluice's own run counts, mean over the traces with a run of the"
                            + " oracle",
                        mean(ratios),
                        "ratio",
                        "<= 1.05",
                        ratios.size()));
              }
              if (!differences.isEmpty()) {
                claims.add(
                    Claim.of(
                        name + ": cost where the oracle's is 0, mean over those traces",
                        mean(differences),
                        group.get(0).question().cost().toString(),
                        "<= 0",
                        differences.size()));
              }
              claims.add(
                  Claim.of(
                      name + ": traces on which the oracle holds every constraint and Sluice not",
                      count(
                          group.stream()
                              .filter(f -> f.oracleHolds() && !f.sluice().holds(f.question()))),
                      "traces",
                      "= 0",
                      group.size()));
              List<Double> rivals = rivalRatios(group);
              if (!rivals.isEmpty()) {
                claims.add(
                    Claim.of(
                        name + ": cost over the best feasible rival's, worst trace",
                        largest(rivals),
                        "ratio",
                        "<= 1.02",
                        rivals.size()));
              }
              List<Double> provenRivals = provenRivalRatios(group);
              if (!provenRivals.isEmpty()) {
                claims.add(
                    Claim.of(
                        name + ": cost over the best rival's whose plans are proven, worst trace",
                        largest(provenRivals),
                        "ratio",
                        "<= 1.02",
                        provenRivals.size()));
              }
              addZeros(
                  claims,
                  name + ": cost where the best feasible rival's is 0, worst trace",
                  group.get(0).question(),
                  zeroRivalCosts(group, Finding::bestRival));
              addZeros(
                  claims,
                  name
                      + ": cost where that of the best rival whose plans are proven is 0, worst trace",
                  group.get(0).question(),
                  zeroRivalCosts(group, Finding::bestProvenRival));
              addZeros(
                  claims,
                  name + ": cost where the best static plan's is 0, worst trace",
                  group.get(0).question(),
                  zeroStaticCosts(group));
              claims.add(
                  Claim.of(
                      name + ": traces on which a rival holds every constraint and Sluice not",
                      count(
                          group.stream()
                              .filter(
                                  f ->
                                      f.bestRival().isPresent()
                                          && !f.sluice().holds(f.question()))),
                      "traces",
                      "= 0",
                      group.size()));
              List<Double> late =
                  group.stream()
                      .filter(Finding::oracleInTime)
                      .map(finding -> finding.sluice().lateShare())
                      .toList();
              if (!late.isEmpty()) {
                claims.add(
                    Claim.of(
                        name + ": deadlines missed, worst trace on which the oracle can hold 5 %",
                        100 * largest(late),
                        "%",
                        "<= 6",
                        group.get(0).sluice().frames()));
              }
            });
    return claims;
  }

  /** A ratio over 0 says nothing: there the cost itself is claimed to be no more. */
  private static void addZeros(
      List<Claim> claims, String name, Question question, List<Double> costs) {
    if (!costs.isEmpty()) {
      claims.add(Claim.of(name, largest(costs), question.cost().toString(), "<= 0", costs.size()));
    }
  }

  /** The costs over the oracle's on all traces, and over each rival's. */
  List<Figure> figures() {
    Map<String, double[]> overOracle = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    List<Series.Point> means = new ArrayList<>();
    List<Series.Point> rivals = new ArrayList<>();
    groups()
        .forEach(
            (name, group) -> {
              double[] ratios =
                  oracleRatios(group).stream().mapToDouble(Double::doubleValue).toArray();
              overOracle.put(name, ratios);
              addPoint(means, names.size(), mean(oracleRatios(group)));
              addPoint(rivals, names.size(), mean(rivalRatios(group)));
              names.add(name);
            });
    return List.of(
        new Figure.Bars(
            "Cost over the oracle's and over the best rival's",
            "Means over the traces with 95 % intervals; 1 is as good. Against the oracle it cannot"
                + " be less, since Sluice's own run counts. Where the other's cost is 0, or the"
                + " oracle has no run to compare with, there is no ratio. Emulated device, replayed"
                + " outcomes.",
            Axis.of("cost over the other's", "ratio"),
            names,
            List.of(new Series("the oracle", means), new Series("the best rival", rivals))),
        Figure.Cdf.of(
            "Cost over the oracle's, trace by trace",
            "",
            Axis.of("cost over the oracle's", "ratio"),
            overOracle));
  }

  private static void addPoint(List<Series.Point> points, int group, Interval mean) {
    if (Double.isFinite(mean.value())) {
      points.add(Series.Point.of(group, mean.value(), mean.low(), mean.high()));
    }
  }

  private Map<String, List<Finding>> groups() {
    Map<String, List<Finding>> groups = new LinkedHashMap<>();
    for (Finding finding : findings) {
      groups
          .computeIfAbsent(
              finding.bundle() + ", " + finding.question().name(), name -> new ArrayList<>())
          .add(finding);
    }
    return groups;
  }

  private static List<Double> oracleRatios(List<Finding> group) {
    return overReference(group, Finding::reference);
  }

  private static List<Double> freeRatios(List<Finding> group) {
    return overReference(group, Finding::freeReference);
  }

  /** On traces with a reference that costs something. */
  private static List<Double> overReference(
      List<Finding> group, Function<Finding, Optional<Outcome>> reference) {
    return group.stream()
        .flatMap(
            f ->
                reference.apply(f).map(f::cost).filter(cost -> cost > 0).stream()
                    .map(cost -> f.cost(f.sluice()) / cost))
        .toList();
  }

  private static List<Double> zeroDifferences(List<Finding> group) {
    return group.stream()
        .filter(f -> f.reference().filter(best -> f.cost(best) == 0).isPresent())
        .map(f -> f.cost(f.sluice()))
        .toList();
  }

  private static List<Double> zeroRivalCosts(
      List<Finding> group, Function<Finding, Optional<Map.Entry<Contender, Finding.Run>>> rival) {
    return group.stream()
        .filter(f -> f.sluice().holds(f.question()))
        .filter(
            f -> rival.apply(f).filter(best -> f.cost(best.getValue().outcome()) == 0).isPresent())
        .map(f -> f.cost(f.sluice()))
        .toList();
  }

  private static List<Double> zeroStaticCosts(List<Finding> group) {
    return group.stream()
        .filter(f -> f.bestStatic().filter(best -> f.cost(best) == 0).isPresent())
        .map(f -> f.cost(f.sluice()))
        .toList();
  }

  /** Over the best feasible rival; where Sluice is not feasible itself, that is another claim. */
  private static List<Double> rivalRatios(List<Finding> group) {
    return ratios(group, Finding::sluice, Finding::bestRival);
  }

  private static List<Double> provenRivalRatios(List<Finding> group) {
    return ratios(group, Finding::sluice, Finding::bestProvenRival);
  }

  private static List<Double> unprovenRatios(List<Finding> group) {
    return ratios(group, Finding::unproven, Finding::bestRival);
  }

  private static List<Double> ratios(
      List<Finding> group,
      Function<Finding, Outcome> own,
      Function<Finding, Optional<Map.Entry<Contender, Finding.Run>>> rival) {
    List<Double> ratios = new ArrayList<>();
    for (Finding finding : group) {
      Outcome outcome = own.apply(finding);
      if (outcome.holds(finding.question())) {
        rival
            .apply(finding)
            .map(best -> ratio(finding.cost(outcome), finding.cost(best.getValue().outcome())))
            .filter(Double::isFinite)
            .ifPresent(ratios::add);
      }
    }
    return ratios;
  }

  private static List<Double> staticRatios(List<Finding> group) {
    return group.stream()
        .filter(f -> f.bestStatic().isPresent())
        .map(f -> ratio(f.cost(f.sluice()), f.cost(f.bestStatic().orElseThrow())))
        .filter(Double::isFinite)
        .toList();
  }

  /** A mean with its normal interval; not a number without values. */
  static Interval mean(List<Double> values) {
    double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    int n = values.size();
    double error = n < 2 ? 0 : NORMAL_QUANTILE_975 * Math.sqrt(squares / (n - 1) / n);
    return new Interval(mean, mean - error, mean + error);
  }

  /** Not a number without values. */
  private static double median(List<Double> values) {
    return new Median().evaluate(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static double largest(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
  }

  private static int count(Stream<Finding> findings) {
    return Math.toIntExact(findings.count());
  }

  /** A ratio, a dash where there is none. */
  private static String figure(double ratio) {
    return Double.isNaN(ratio) ? "-" : text("%.3f", ratio);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}

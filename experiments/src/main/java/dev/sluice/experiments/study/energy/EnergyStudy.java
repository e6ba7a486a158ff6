package dev.sluice.experiments.study.energy;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.Entrants;
import dev.sluice.experiments.study.grid.Grid;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.grid.GridResults;
import dev.sluice.experiments.study.grid.Paired;
import dev.sluice.experiments.study.grid.Series;
import dev.sluice.experiments.study.grid.StrategyTable;
import dev.sluice.experiments.study.grid.StudyFile;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Contender.Entry;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.scheduler.Scheduler;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.energy.EnergyConstant;
import dev.sluice.scheduler.energy.EnergyModel;
import dev.sluice.scheduler.objective.Metric;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What do answers take out of the device's battery, and which comparisons would turn if a constant
 * were wrong by half?
 *
 * <p>Sluice plans with the constants as they are published. Then each constant alone is taken to be
 * half or one and a half times that, without telling anybody, and the same streams are priced anew.
 * All is emulated: times by profile, energy by constants.
 */
public final class EnergyStudy implements Study {
  private static final double NOTICEABLE = 1.02;
  private static final String NOMINAL = "as published";
  private static final String CLOUD_ONLY = "cloud-only jpeg-75";

  /**
   * The study's file.
   *
   * @param grid what is measured; one task
   * @param models devices and radios, see {@link EnergyModel#named}
   * @param factors by which each constant alone is wrong
   */
  record Config(
      @JsonProperty(required = true) GridConfig grid,
      @JsonProperty(required = true) List<String> models,
      @JsonProperty(required = true) List<Double> factors) {
    Config {
      models.forEach(EnergyModel::named);
      if (factors.stream().anyMatch(factor -> !(factor > 0))) {
        throw new IllegalArgumentException("factors must be positive: " + factors);
      }
    }
  }

  @Override
  public String name() {
    return "energy";
  }

  @Override
  public String question() {
    return "What do answers cost the battery, and what if the constants are wrong by half?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    Config config = StudyFile.read(context, getClass(), "energy.yaml", Config.class);
    List<Subject> subjects =
        Subject.open(
            context, config.grid().pictures(), name -> config.grid().bundles().contains(name));
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    for (String model : config.models()) {
      Map<String, GridResults> byVariant = new LinkedHashMap<>();
      Grid grid = new Grid(context, config.grid(), new Entrants(List.of(sluice(model))));
      for (Map.Entry<String, EnergyModel> variant : variants(model, config.factors()).entrySet()) {
        GridResults results =
            grid.dressed(
                    model + ", " + variant.getKey(), stream -> stream.priced(variant.getValue()))
                .run(subjects);
        if (byVariant.isEmpty()) {
          results.write(context);
        }
        byVariant.put(variant.getKey(), results);
        lines.addAll(lines(model, variant.getKey(), results));
      }
      for (Subject subject : subjects) {
        claims.addAll(claims(context, config, model, subject.name(), byVariant));
      }
    }
    context.csv(
        "energy.csv",
        List.of(
            "model", "constants", "bundle", "link", "strategy", "mj_per_frame", "points_off_uncut"),
        lines);
    return claims;
  }

  /** The model as published, and with each constant alone wrong by each factor. */
  static Map<String, EnergyModel> variants(String model, List<Double> factors) {
    EnergyModel published = EnergyModel.named(model);
    Map<String, EnergyModel> variants = new LinkedHashMap<>();
    variants.put(NOMINAL, published);
    for (EnergyConstant constant : EnergyConstant.values()) {
      for (double factor : factors) {
        EnergyModel wrong = published.scaled(constant, factor);
        /* A radio without a tail has none half as long. */
        if (!wrong.equals(published)) {
          variants.put(String.format(Locale.ROOT, "%s x %s", constant, factor), wrong);
        }
      }
    }
    return variants;
  }

  private static Contender sluice(String model) {
    SchedulerOptions options = SchedulerOptions.defaults().with(EnergyModel.named(model));
    return new Contender(
        Entrants.SLUICE,
        Contender.Form.SHARED,
        EnumSet.allOf(Metric.Kind.class),
        true,
        (facts, question) ->
            Contender.reused(Entry.of(new Scheduler(facts, question.goal().objective(), options))));
  }

  private static List<List<Object>> lines(String model, String variant, GridResults results) {
    List<List<Object>> lines = new ArrayList<>();
    for (CellKey.Point point : results.points()) {
      for (Series series : results.all(point).values()) {
        lines.add(
            List.of(
                model,
                variant,
                point.bundle(),
                point.link(),
                series.strategy(),
                series.millijoules(),
                series.difference().value()));
      }
    }
    return lines;
  }

  private static List<Claim> claims(
      StudyContext context,
      Config config,
      String model,
      String bundle,
      Map<String, GridResults> byVariant) {
    GridResults nominal = byVariant.get(NOMINAL);
    if (nominal == null) {
      return List.of();
    }
    List<CellKey.Point> points =
        nominal.points().stream().filter(point -> point.bundle().equals(bundle)).toList();
    Map<String, CellKey.Point> columns = GridResults.byLink(points);
    String where = bundle + ", " + model;
    StrategyTable.show(
        context,
        where + ": mJ per frame",
        columns,
        nominal,
        config.grid().strategies(),
        Series::millijoules,
        config.grid().points());
    List<Double> worst = new ArrayList<>();
    List<Double> overCloud = new ArrayList<>();
    int turned = 0;
    int cases = 0;
    for (Map.Entry<String, GridResults> variant : byVariant.entrySet()) {
      for (CellKey.Point point : points) {
        Optional<Double> ratio = overBest(variant.getValue(), point, config);
        if (ratio.isPresent() && variant.getKey().equals(NOMINAL)) {
          worst.add(ratio.get());
        } else if (!variant.getKey().equals(NOMINAL)) {
          for (String rival : config.grid().strategies()) {
            Optional<Double> published = over(nominal, point, rival, config);
            Optional<Double> wrong = over(variant.getValue(), point, rival, config);
            if (published.isPresent() && wrong.isPresent()) {
              cases++;
              turned += turns(published.get(), wrong.get()) ? 1 : 0;
            }
          }
        }
      }
    }
    for (CellKey.Point point : points) {
      Optional<Series> own = nominal.at(point, Entrants.SLUICE);
      Optional<Series> cloud = nominal.at(point, CLOUD_ONLY);
      if (own.isPresent() && cloud.isPresent()) {
        overCloud.add(Math.log(own.get().millijoules() / cloud.get().millijoules()));
      }
    }
    List<Claim> claims = new ArrayList<>();
    worst.stream()
        .max(Comparator.naturalOrder())
        .ifPresent(
            ratio ->
                claims.add(
                    Claim.of(
                        where + ": energy over the best rival's, worst rate, emulated",
                        ratio,
                        "ratio",
                        "<= 1.02",
                        worst.size())));
    if (!overCloud.isEmpty()) {
      Interval logs = Paired.mean(overCloud.stream().mapToDouble(Double::doubleValue).toArray());
      claims.add(
          Claim.of(
              where + ": energy over cloud-only's, geometric mean over the rates, emulated",
              new Interval(Math.exp(logs.value()), Math.exp(logs.low()), Math.exp(logs.high())),
              "ratio",
              "<= 1",
              overCloud.size()));
    }
    claims.add(
        Claim.of(
            where + ": ranks against a rival that a constant wrong by half turns, emulated",
            turned,
            "of " + cases,
            "= 0",
            cases));
    return claims;
  }

  /** Whether one ratio is clearly on one side of 1 and the other clearly on the other. */
  static boolean turns(double one, double other) {
    return Math.max(one, other) > NOTICEABLE && Math.min(one, other) < 1 / NOTICEABLE;
  }

  /** Sluice's energy over that of a rival, where both are accurate enough. */
  private static Optional<Double> over(
      GridResults results, CellKey.Point point, String rival, Config config) {
    double loss = config.grid().points();
    Optional<Series> own = results.at(point, Entrants.SLUICE).filter(s -> s.accurate(loss));
    Optional<Series> other = results.at(point, rival).filter(s -> s.accurate(loss));
    return rival.equals(Entrants.SLUICE) || own.isEmpty() || other.isEmpty()
        ? Optional.empty()
        : Optional.of(own.get().millijoules() / other.get().millijoules());
  }

  /** Sluice's energy over that of the best rival that is accurate enough. */
  private static Optional<Double> overBest(
      GridResults results, CellKey.Point point, Config config) {
    double loss = config.grid().points();
    Optional<Series> own = results.at(point, Entrants.SLUICE).filter(s -> s.accurate(loss));
    return own.flatMap(
        series ->
            results.all(point).values().stream()
                .filter(rival -> !rival.strategy().equals(Entrants.SLUICE))
                .filter(rival -> rival.accurate(loss))
                .map(rival -> series.millijoules() / rival.millijoules())
                .max(Comparator.naturalOrder()));
  }
}

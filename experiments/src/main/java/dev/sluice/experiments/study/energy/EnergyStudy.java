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
import dev.sluice.experiments.study.grid.Measure;
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
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What do answers take out of the device's battery, and which comparisons would turn if a constant
 * were wrong by half?
 *
 * <p>Sluice, and every rival that plans for energy, plans with the published constants of the
 * device and radio of the run. SPINN does on Sluice's terms; on its paper's, which has no model of
 * energy, it minimises the device's compute. Then each constant alone is taken to be half or one
 * and a half times that, and the same streams are priced anew. Nobody is told: a constant is wrong
 * because nobody knows better, so whoever plans believes the published one, Sluice and rivals
 * alike. Every two strategies are compared that keep deadline and accuracy; who changes places is
 * listed in {@code turned.csv}. All is emulated: times by profile, energy by constants.
 *
 * <p>Who breaks the deadline or the accuracy is compared with by nobody: little energy for answers
 * that come too late is no merit.
 */
public final class EnergyStudy implements Study {
  private static final double NOTICEABLE = 1.02;
  private static final String NOMINAL = "as published";
  private static final String WHOLE = "as published, all rates";
  private static final String CLOUD_ONLY = "cloud-only ";

  /**
   * The study's file.
   *
   * @param grid what is measured; one task
   * @param models devices and radios, see {@link EnergyModel#named}
   * @param factors by which each constant alone is wrong
   * @param wrong what is measured where a constant is wrong
   */
  record Config(
      @JsonProperty(required = true) GridConfig grid,
      @JsonProperty(required = true) List<String> models,
      @JsonProperty(required = true) List<Double> factors,
      @JsonProperty(required = true) Wrong wrong) {
    /**
     * A part of the grid, since every constant needs streams of its own: all links that it names,
     * and some of its sweep. Ranks are compared there with those under the published constants on
     * the same part.
     *
     * @param frames per cell, of one seed
     * @param uplinkMbit rates of the sweep that are kept
     */
    record Wrong(
        @JsonProperty(required = true) int frames,
        @JsonProperty(required = true) List<Double> uplinkMbit) {
      Wrong {
        uplinkMbit = List.copyOf(uplinkMbit);
      }
    }

    Config {
      models.forEach(EnergyModel::named);
      grid.aboutSluice();
      if (grid.tasks().size() != 1) {
        throw new IllegalArgumentException("this study has one task, not " + grid.tasks().size());
      }
      if (factors.stream().anyMatch(factor -> !(factor > 0))) {
        throw new IllegalArgumentException("factors must be positive: " + factors);
      }
    }

    /** The part of the grid on which constants are wrong. */
    GridConfig part() {
      GridConfig.Sweep sweep = grid.sweep();
      return new GridConfig(
          grid.bundles(),
          grid.pictures(),
          grid.devices(),
          grid.links(),
          new GridConfig.Sweep(
              wrong.uplinkMbit(), sweep == null ? List.of() : sweep.roundTripMillis()),
          grid.tasks(),
          grid.strategies(),
          wrong.frames(),
          grid.warmUpFrames(),
          grid.blockFrames(),
          1,
          grid.points());
    }

    /** Whether a strategy keeps the deadline and is not shown to break the accuracy. */
    boolean holds(Series series) {
      return series.value(Measure.LATE) <= grid.tasks().get(0).question().mostLate() + 1e-9
          && series.accurate(grid.points());
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
            context,
            config.grid().pictures(),
            config.grid().bundles(),
            entrants(config.models().get(0)).computeAt(config.grid().strategies()));
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    List<List<Object>> turned = new ArrayList<>();
    for (String model : config.models()) {
      EnergyModel published = EnergyModel.named(model);
      GridResults whole =
          new Grid(context, config.grid(), entrants(model))
              .dressed(model, stream -> stream.priced(published))
              .run(subjects);
      if (model.equals(config.models().get(0))) {
        whole.write(context);
      }
      lines.addAll(lines(model, WHOLE, whole));
      Map<String, GridResults> byVariant = new LinkedHashMap<>();
      Grid part = new Grid(context, config.part(), entrants(model));
      for (Map.Entry<String, EnergyModel> variant : variants(model, config.factors()).entrySet()) {
        GridResults results =
            part.dressed(
                    model + ", " + variant.getKey(), stream -> stream.priced(variant.getValue()))
                .run(subjects);
        byVariant.put(variant.getKey(), results);
        lines.addAll(lines(model, variant.getKey(), results));
      }
      for (Subject subject : subjects) {
        claims.addAll(claims(context, config, model, subject.name(), whole));
        String where = subject.name() + ", " + model;
        List<Rank> ranks = ranks(config, subject.name(), byVariant);
        claims.add(
            turned(where, "against a rival", ranks.stream().filter(Rank::isSluices).toList()));
        claims.add(turned(where, "between any two strategies", ranks));
        ranks.stream().filter(Rank::turned).forEach(rank -> turned.add(line(model, rank)));
      }
    }
    context.csv(
        "energy.csv",
        List.of(
            "model", "constants", "bundle", "link", "strategy", "mj_per_frame", "points_off_uncut"),
        lines);
    context.csv(
        "turned.csv",
        List.of(
            "model",
            "constants",
            "bundle",
            "link",
            "one",
            "other",
            "ratio_published",
            "ratio_wrong"),
        turned);
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

  /** Everybody, planning with the constants of one device and radio. */
  static Entrants entrants(String model) {
    return new Entrants(List.of(sluice(model)), EnergyModel.named(model));
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
      StudyContext context, Config config, String model, String bundle, GridResults nominal) {
    List<CellKey.Point> points =
        nominal.points().stream().filter(point -> point.bundle().equals(bundle)).toList();
    Map<String, CellKey.Point> columns = GridResults.byLink(points);
    String where = bundle + ", " + model;
    StrategyTable.show(
        context,
        where,
        columns,
        nominal,
        config.grid().strategies(),
        new StrategyTable.Quantity("energy per frame", "mJ", Series::millijoules),
        config.grid().points());
    StrategyTable.show(
        context,
        where,
        columns,
        nominal,
        config.grid().strategies(),
        StrategyTable.Quantity.LATE,
        config.grid().points());
    List<Claim> claims = new ArrayList<>();
    claims.add(
        Claim.of(
            where + ": rates at which some rival holds deadline and accuracy and Sluice not",
            (double) points.stream().filter(point -> broken(nominal, point, config)).count(),
            "rates",
            "= 0",
            points.size()));
    claims.add(worst(where, "best rival's", nominal, points, config, rival -> true));
    claims.add(
        worst(
            where, "best rival's whose plans are proven", nominal, points, config, Series::proven));
    double[] overCloud =
        points.stream()
            .flatMap(point -> overLeast(nominal, point, CLOUD_ONLY, config, rival -> true).stream())
            .mapToDouble(Math::log)
            .toArray();
    Interval logs =
        overCloud.length == 0
            ? new Interval(Double.NaN, Double.NaN, Double.NaN)
            : Paired.mean(overCloud);
    claims.add(
        Claim.of(
            where
                + ": energy over the best cloud-only's that holds, geometric mean over the rates,"
                + " emulated",
            new Interval(Math.exp(logs.value()), Math.exp(logs.low()), Math.exp(logs.high())),
            "ratio",
            "<= 1",
            overCloud.length));
    return claims;
  }

  private static Claim worst(
      String where,
      String whose,
      GridResults nominal,
      List<CellKey.Point> points,
      Config config,
      Predicate<Series> counts) {
    List<Double> over =
        points.stream()
            .flatMap(point -> overLeast(nominal, point, "", config, counts).stream())
            .toList();
    return Claim.of(
        "%s: energy over the %s, worst rate, emulated".formatted(where, whose),
        over.stream().max(Comparator.naturalOrder()).orElse(Double.NaN),
        "ratio",
        "<= 1.02",
        over.size());
  }

  /**
   * Two strategies that both keep deadline and accuracy, whatever is wrong.
   *
   * @param constants what is wrong
   * @param published energy of the one over that of the other as published
   * @param wrong the same where a constant is wrong
   */
  record Rank(
      CellKey.Point point,
      String constants,
      String one,
      String other,
      double published,
      double wrong) {
    boolean turned() {
      return turns(published, wrong);
    }

    boolean isSluices() {
      return one.equals(Entrants.SLUICE) || other.equals(Entrants.SLUICE);
    }
  }

  /** Every pair of strategies at every point of a bundle under every wrong constant. */
  static List<Rank> ranks(Config config, String bundle, Map<String, GridResults> byVariant) {
    List<Rank> ranks = new ArrayList<>();
    GridResults nominal = Objects.requireNonNull(byVariant.get(NOMINAL));
    List<String> strategies = config.grid().strategies();
    for (Map.Entry<String, GridResults> variant : byVariant.entrySet()) {
      if (variant.getKey().equals(NOMINAL)) {
        continue;
      }
      for (CellKey.Point point : nominal.points()) {
        if (!point.bundle().equals(bundle)) {
          continue;
        }
        for (int i = 0; i < strategies.size(); i++) {
          for (int j = i + 1; j < strategies.size(); j++) {
            String one = strategies.get(i);
            String other = strategies.get(j);
            Optional<Double> published = over(nominal, point, one, other, config);
            Optional<Double> wrong = over(variant.getValue(), point, one, other, config);
            if (published.isPresent() && wrong.isPresent()) {
              ranks.add(
                  new Rank(point, variant.getKey(), one, other, published.get(), wrong.get()));
            }
          }
        }
      }
    }
    return ranks;
  }

  /** How often two change places when a constant is wrong. */
  private static Claim turned(String where, String whose, List<Rank> ranks) {
    return Claim.of(
        where + ": ranks " + whose + " that a constant wrong by half turns, emulated",
        ranks.isEmpty() ? Double.NaN : ranks.stream().filter(Rank::turned).count(),
        "of " + ranks.size(),
        "= 0",
        ranks.size());
  }

  private static List<Object> line(String model, Rank rank) {
    return List.of(
        model,
        rank.constants(),
        rank.point().bundle(),
        rank.point().link(),
        rank.one(),
        rank.other(),
        rank.published(),
        rank.wrong());
  }

  /** Whether one ratio is clearly on one side of 1 and the other clearly on the other. */
  static boolean turns(double one, double other) {
    return Math.max(one, other) > NOTICEABLE && Math.min(one, other) < 1 / NOTICEABLE;
  }

  /** Whether some rival keeps deadline and accuracy where Sluice does not. */
  static boolean broken(GridResults results, CellKey.Point point, Config config) {
    return results.at(point, Entrants.SLUICE).filter(own -> !config.holds(own)).isPresent()
        && results.all(point).values().stream()
            .anyMatch(rival -> !rival.strategy().equals(Entrants.SLUICE) && config.holds(rival));
  }

  /** One's energy over that of another, where both keep deadline and accuracy. */
  private static Optional<Double> over(
      GridResults results, CellKey.Point point, String one, String other, Config config) {
    Optional<Series> above = results.at(point, one).filter(config::holds);
    Optional<Series> below = results.at(point, other).filter(config::holds);
    return one.equals(other) || above.isEmpty() || below.isEmpty()
        ? Optional.empty()
        : Optional.of(above.get().millijoules() / below.get().millijoules());
  }

  /**
   * Sluice's energy over the least of the rivals that keep deadline and accuracy, where Sluice
   * does.
   *
   * @param prefix of the names of those that count
   * @param counts which of them do
   */
  static Optional<Double> overLeast(
      GridResults results,
      CellKey.Point point,
      String prefix,
      Config config,
      Predicate<Series> counts) {
    return results.all(point).values().stream()
        .filter(rival -> rival.strategy().startsWith(prefix) && counts.test(rival))
        .flatMap(rival -> over(results, point, Entrants.SLUICE, rival.strategy(), config).stream())
        .max(Comparator.naturalOrder());
  }
}

package dev.sluice.experiments.study.fleet;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.RawTable.Column;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.report.figure.Series;
import dev.sluice.experiments.study.fleet.Provision.Answer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/** What was found about the workers that a million cameras need. Immutable. */
final class ProvisionReport {
  private static final Interval UNKNOWN = new Interval(Double.NaN, Double.NaN, Double.NaN);

  private final List<Answer> answers;
  private final List<Setting> settings;

  /**
   * Takes what was found.
   *
   * @param settings all that were looked at, the usual one among them
   */
  ProvisionReport(List<Answer> answers, List<Setting> settings) {
    this.answers = List.copyOf(answers);
    this.settings = List.copyOf(settings);
  }

  /** What was found for a way; empty if the search failed or was not worth it. */
  private Optional<Found> found(Way way, Setting setting) {
    return answers.stream()
        .filter(answer -> answer.way() == way && answer.setting().equals(setting))
        .map(Answer::found)
        .findFirst();
  }

  /** The largest load of usual workers that all of Sluice holds. */
  Optional<Load> usual() {
    return found(Way.SLUICE, Setting.USUAL).flatMap(Found::largest);
  }

  // --- claims -----------------------------------------------------------------------------------

  /**
   * The claims. What the question asks for: that exits and splits together need no more workers
   * than either, or neither, would. And what larger workers, batches and pools are bought for: that
   * they lose nothing. A pool may lose what the search leaves open, since all that it does for
   * workers that are alike is to level them.
   */
  List<Claim> claims() {
    List<Claim> claims = new ArrayList<>();
    claims.add(usualRatio("splits", Way::splits));
    claims.add(usualRatio("exits", Way::exits));
    claims.add(worstRatio("splits", Way::splits));
    claims.add(worstRatio("exits", Way::exits));
    int usual = Setting.USUAL.threads();
    Setting smallest = alone(Comparator.naturalOrder());
    Setting largest = alone(Comparator.reverseOrder());
    claims.add(
        gain(
            "devices per thread, all of Sluice, workers of %d threads over %d"
                .formatted(largest.threads(), smallest.threads()),
            largest,
            smallest,
            ">= 1"));
    for (Setting setting : settings) {
      if (setting.threads() != usual || setting.equals(Setting.USUAL)) {
        continue;
      }
      boolean pool = setting.pool() > 1;
      Setting plain = pool ? new Setting(usual, 1, setting.batch()) : Setting.USUAL;
      claims.add(
          gain(
              "devices per worker, all of Sluice, %s over %s"
                  .formatted(setting.title(), plain.title()),
              setting,
              plain,
              pool ? ">= 0.95" : ">= 1"));
    }
    return claims;
  }

  private Setting alone(Comparator<Integer> order) {
    return settings.stream()
        .filter(setting -> setting.pool() == 1 && setting.batch() == 1)
        .min(Comparator.comparing(Setting::threads, order))
        .orElseThrow();
  }

  private Claim usualRatio(String part, Predicate<Way> has) {
    return Claim.of(
        "workers, all of Sluice over the best way without " + part + ", usual workers",
        ratio(Setting.USUAL, has),
        "ratio",
        "<= 1",
        samples(Setting.USUAL));
  }

  private Claim worstRatio(String part, Predicate<Way> has) {
    Setting worst = Setting.USUAL;
    for (Setting setting : settings) {
      /* A ratio that is not known is the worst of all. */
      if (Double.compare(ratio(setting, has).value(), ratio(worst, has).value()) > 0) {
        worst = setting;
      }
    }
    return Claim.of(
        "workers, all of Sluice over the best way without " + part + ", the worst setting",
        ratio(worst, has),
        "ratio",
        "<= 1",
        samples(worst));
  }

  /** Workers over those of the way that needs the fewest; 0 where no number of them is enough. */
  private Interval ratio(Setting setting, Predicate<Way> has) {
    Interval own = perMillion(Way.SLUICE, setting);
    Interval best = new Interval(Double.POSITIVE_INFINITY, 0, 0);
    for (Way way : Way.values()) {
      if (!has.test(way)) {
        Interval other = perMillion(way, setting);
        /* Also where it is not known. */
        if (!(other.value() >= best.value())) {
          best = other;
        }
      }
    }
    if (Double.isInfinite(best.value())) {
      double none = Double.isFinite(own.value()) ? 0 : Double.NaN;
      return new Interval(none, none, none);
    }
    if (own.value() == 0 && best.value() == 0) {
      return new Interval(1, 1, 1);
    }
    return new Interval(
        own.value() / best.value(), own.low() / best.high(), own.high() / best.low());
  }

  /** Where the usual worker does not matter to a way, no other does. */
  private Interval perMillion(Way way, Setting setting) {
    Optional<Found> usual = found(way, Setting.USUAL);
    if (usual.isPresent() && !usual.get().dependsOnWorkers()) {
      return usual.get().perMillion();
    }
    return found(way, setting).map(Found::perMillion).orElse(UNKNOWN);
  }

  private int samples(Setting setting) {
    long frames = found(Way.SLUICE, setting).map(found -> found.shown().frames()).orElse(0L);
    return (int) Math.min(Integer.MAX_VALUE, frames);
  }

  private Claim gain(String name, Setting setting, Setting plain, String wanted) {
    Interval more = perMillion(Way.SLUICE, setting);
    Interval less = perMillion(Way.SLUICE, plain);
    /* Devices are the inverse of workers. */
    double threads = (double) plain.threads() / setting.threads();
    return Claim.of(
        name,
        new Interval(
            less.value() / more.value() * threads,
            less.low() / more.high() * threads,
            less.high() / more.low() * threads),
        "ratio",
        wanted,
        samples(setting));
  }

  // --- to look at -------------------------------------------------------------------------------

  /** Workers for a million cameras, by setting and way. */
  Figure figure() {
    List<Series> bars = new ArrayList<>();
    List<String> never = new ArrayList<>();
    for (Way way : Way.values()) {
      List<Series.Point> points = new ArrayList<>();
      for (int group = 0; group < settings.size(); group++) {
        Interval workers = perMillion(way, settings.get(group));
        if (Double.isFinite(workers.value())) {
          points.add(Series.Point.of(group, workers.value(), workers.low(), workers.high()));
        }
      }
      if (points.isEmpty()) {
        never.add(way.title());
      } else {
        bars.add(new Series(way.title(), points));
      }
    }
    return new Figure.Bars(
        "Workers for a million cameras",
        "Each holds the goal with the fewest workers that the search has found; whiskers reach to"
            + " the most that were seen to be too few."
            + (never.isEmpty()
                ? ""
                : " No number is enough for: " + String.join(", ", never) + "."),
        Axis.of("workers per million", "workers"),
        settings.stream().map(Setting::title).toList(),
        bars);
  }

  /** For the console. */
  TextTable text() {
    TextTable table =
        new TextTable(
            "way",
            "workers",
            "devices/worker",
            "workers/million",
            "busy",
            "compute/frame",
            "sent",
            "alone",
            "p95",
            "accuracy lost");
    for (Answer answer : answers) {
      Load load = answer.found().shown();
      double workers = answer.found().perMillion().value();
      table.row(
          answer.way().title(),
          answer.setting().title(),
          !load.holds() ? "none" : workers == 0 ? "any" : String.valueOf(load.devices()),
          load.holds() ? format("%.0f", workers) : "never holds",
          format("%.0f %%", 100 * load.busyShare()),
          format("%.2f ms", load.workerNanosPerFrame() / 1e6),
          format("%.1f %%", 100 * load.offloadShare()),
          format("%.1f %%", 100 * load.degradedShare()),
          format("%.0f ms", load.p95Nanos() / 1e6),
          format("%.2f pt", 100 * (load.uncutAccuracy() - load.accuracy())));
    }
    return table;
  }

  /** Columns of {@link #rows}: ways are compared over their settings. */
  static List<Column> columns() {
    List<Column> columns =
        new ArrayList<>(
            List.of(
                Column.key("way"),
                Column.block("workers"),
                Column.info("threads"),
                Column.info("pool"),
                Column.info("batch"),
                Column.cost("workers_per_million"),
                Column.info("at_least"),
                Column.info("holds")));
    LOAD_TITLES.forEach(title -> columns.add(Column.info(title)));
    return columns;
  }

  /** What was found, by way and setting. */
  List<List<Object>> rows() {
    List<List<Object>> rows = new ArrayList<>();
    for (Answer answer : answers) {
      Found found = answer.found();
      Interval workers = found.perMillion();
      List<Object> row = new ArrayList<>(head(answer));
      row.add(found.shown().holds() ? format("%.1f", workers.value()) : "");
      row.add(found.shown().holds() ? format("%.1f", workers.low()) : "");
      row.add(found.shown().holds());
      row.addAll(figures(found.shown()));
      rows.add(row);
    }
    return rows;
  }

  /** Titles of {@link #loads}. */
  static List<String> loadTitles() {
    List<String> titles = new ArrayList<>(List.of("way", "workers", "threads", "pool", "batch"));
    titles.add("holds");
    titles.addAll(LOAD_TITLES);
    return titles;
  }

  /** All loads that were tried. */
  List<List<Object>> loads() {
    List<List<Object>> rows = new ArrayList<>();
    for (Answer answer : answers) {
      for (Load load : answer.found().tried()) {
        List<Object> row = new ArrayList<>(head(answer));
        row.add(load.holds());
        row.addAll(figures(load));
        rows.add(row);
      }
    }
    return rows;
  }

  private static List<Object> head(Answer answer) {
    Setting setting = answer.setting();
    return List.of(
        answer.way().title(), setting.title(), setting.threads(), setting.pool(), setting.batch());
  }

  private static final List<String> LOAD_TITLES =
      List.of(
          "devices_per_worker",
          "frames",
          "busy_share",
          "offload_share",
          "degraded_share",
          "late_share",
          "p50_ms",
          "p95_ms",
          "accuracy",
          "uncut_accuracy",
          "uplink_bytes_per_frame",
          "worker_us_per_frame",
          "refused_share");

  private static List<Object> figures(Load load) {
    return List.of(
        load.devices(),
        load.frames(),
        load.busyShare(),
        load.offloadShare(),
        load.degradedShare(),
        load.lateShare(),
        load.p50Nanos() / 1e6,
        load.p95Nanos() / 1e6,
        load.accuracy(),
        load.uncutAccuracy(),
        load.uplinkBytesPerFrame(),
        load.workerNanosPerFrame() / 1e3,
        load.refusedShare());
  }

  private static String format(String form, double value) {
    return String.format(Locale.ROOT, form, value);
  }
}

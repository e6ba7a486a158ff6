package dev.sluice.experiments.study.herd;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.StudyFile;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.Stability;
import dev.sluice.scheduler.objective.Nearest;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Do a hundred devices under one worker settle, and what happens when the worker loses half of its
 * capacity, or fifty more devices join? Claims are about the worst of several repeats. A run that
 * was killed goes on.
 *
 * <p>If all sent all their frames, the worker would have to compute 2.4 times as long as there is
 * time. Every device would gladly send: it takes six times as long as the deadline's slack to
 * compute the network itself. So the load that they share is all that keeps them from it. Four
 * kinds of device are compared: Sluice's; the same without {@link Stability}, which answers each
 * report at once; one that is told nothing of the load and only knows how long its own answers
 * waited; and one that takes every report at its word. Facts are made up ({@link SyntheticFacts}):
 * the question is about the worker's queue, not about a network.
 */
public final class HerdStudy implements Study {
  /**
   * How devices respond.
   *
   * @param title for people and files
   * @param options of their schedulers
   * @param hears whether they are told of the worker's load
   */
  record Contender(String title, SchedulerOptions options, boolean hears) {
    /** As shipped. */
    static final Contender SLUICE = new Contender("sluice", SchedulerOptions.defaults(), true);

    /** At once, all together, though no less cautious. */
    static final Contender UNDAMPED = new Contender("undamped", atOnce(), true);

    /** To what their own answers met. */
    static final Contender UNTOLD = new Contender("untold", atOnce(), false);

    /** At once, to every report at its word: neither caution nor hysteresis. */
    static final Contender PLAIN = new Contender("plain", SchedulerOptions.plain(), true);

    private static SchedulerOptions atOnce() {
      SchedulerOptions shipped = SchedulerOptions.defaults();
      return shipped.with(Stability.NONE.keeping(shipped.stability().keepCaution()));
    }

    private static final List<Contender> ALL = List.of(SLUICE, UNDAMPED, UNTOLD, PLAIN);

    /**
     * The one of that title.
     *
     * @throws IllegalArgumentException if there is none, saying which there are
     */
    static Contender named(String title) {
      List<String> titles = ALL.stream().map(Contender::title).toList();
      return ALL.stream()
          .filter(contender -> contender.title().equals(title))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "no strategy is called '%s'; did you mean '%s'? There are %s"
                          .formatted(title, Nearest.to(title, titles), String.join(", ", titles))));
    }
  }

  /**
   * One course of events.
   *
   * @param goal its place among the goals
   * @param seed the number of its repeat
   */
  record Course(Contender contender, HerdConfig.Mixture mixture, int goal, int seed) {
    String title() {
      return contender.title() + ", " + condition();
    }

    String condition() {
      return mixture.title() + ", goal " + (goal + 1);
    }

    String key() {
      return title() + " | seed " + seed;
    }
  }

  /** What became of a course, as it is kept. */
  record Kept(List<Phase> phases) {}

  /** A course and what became of it. */
  private record Run(Course course, List<Phase> phases) {}

  @Override
  public String name() {
    return "herd";
  }

  @Override
  public String question() {
    return "Do many devices under one worker settle, or do they move as a herd?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    HerdConfig config = StudyFile.read(context, getClass(), "herd.yaml", HerdConfig.class);
    long seed = context.seed("devices");
    Map<String, Course> courses = new LinkedHashMap<>();
    config.courses().forEach(course -> courses.put(course.key(), course));
    Map<String, Kept> done;
    try (Cells cells =
        context.cells(config.toString(), Runtime.getRuntime().availableProcessors())) {
      done =
          cells.measure(
              List.copyOf(courses.keySet()),
              Kept.class,
              key -> {
                Course course = Objects.requireNonNull(courses.get(key));
                Herd herd = new Herd(config.setting(facts(), course), seed + course.seed());
                return new Kept(
                    phases(
                        herd,
                        config.devices(),
                        config.joining(),
                        config.slowdown(),
                        config.threads(),
                        config.seconds()));
              });
    }
    List<Run> runs = new ArrayList<>();
    done.forEach(
        (key, kept) -> runs.add(new Run(Objects.requireNonNull(courses.get(key)), kept.phases())));
    context.csv("course.csv", COURSE_TITLES, rows(runs));
    figures(context, runs);
    table(runs).lines().forEach(context.console()::println);
    return claims(runs);
  }

  /** Draws the first repeat over time, and the worst one's late frames. */
  private static void figures(StudyContext context, List<Run> runs) {
    Map<String, Map<String, List<Phase>>> conditions = new LinkedHashMap<>();
    Map<String, Map<String, Double>> late = new LinkedHashMap<>();
    for (Run run : runs) {
      String condition = run.course().condition();
      String contender = run.course().contender().title();
      if (run.course().seed() == 0) {
        conditions
            .computeIfAbsent(condition, c -> new LinkedHashMap<>())
            .put(contender, run.phases());
      }
      for (Phase phase : run.phases()) {
        late.computeIfAbsent(contender, c -> new LinkedHashMap<>())
            .merge(condition + ", " + phase.name(), phase.lateShare(), Math::max);
      }
    }
    conditions.forEach(
        (condition, courses) -> context.figure(HerdFigures.timeline(condition, courses)));
    if (!late.isEmpty()) {
      context.figure(HerdFigures.late(late));
    }
  }

  /** Names of the codecs that there are. */
  static Set<String> codecs() {
    return facts().codecs().stream()
        .map(codec -> codec.codec())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** A network that takes the worker 6 ms at the profile's speed. */
  static BundleFacts facts() {
    return SyntheticFacts.of(
        new SyntheticFacts.Shape(4, List.of(1, 2), 200, 10, 6_000_000, true), 1);
  }

  /** Devices join; the worker loses half of its capacity; it has it again, and more join. */
  static List<Phase> phases(
      Herd herd, int devices, int joining, double slowdown, int threads, int seconds) {
    herd.slowDown(slowdown);
    herd.join(devices);
    herd.run(seconds);
    herd.slowDown(2 * slowdown);
    herd.run(seconds);
    herd.slowDown(slowdown);
    herd.join(joining);
    herd.run(seconds);
    List<Herd.Second> course = herd.course();
    return List.of(
        new Phase("start", course.subList(0, seconds), threads),
        new Phase("half the capacity", course.subList(seconds, 2 * seconds), threads),
        new Phase("more devices", course.subList(2 * seconds, 3 * seconds), threads));
  }

  private static final List<String> COURSE_TITLES =
      List.of(
          "run",
          "seed",
          "phase",
          "second",
          "devices",
          "frames",
          "late",
          "degraded",
          "sent",
          "refused",
          "busy_share",
          "changes",
          "local_devices");

  private static List<List<Object>> rows(List<Run> runs) {
    List<List<Object>> rows = new ArrayList<>();
    for (Run run : runs) {
      for (Phase phase : run.phases()) {
        int number = 0;
        for (Herd.Second second : phase.course()) {
          rows.add(
              List.<Object>of(
                  run.course().title(),
                  run.course().seed(),
                  phase.name(),
                  ++number,
                  second.devices(),
                  second.frames(),
                  second.late(),
                  second.degraded(),
                  second.sent(),
                  second.refused(),
                  second.busyNanos() / 1e9 / phase.threads(),
                  second.changes(),
                  second.local()));
        }
      }
    }
    return rows;
  }

  private static TextTable table(List<Run> runs) {
    TextTable table =
        new TextTable(
            "run",
            "seed",
            "phase",
            "settles s",
            "swings",
            "sent/s",
            "busy",
            "late",
            "late, all",
            "alone",
            "refused",
            "changes");
    for (Run run : runs) {
      for (Phase phase : run.phases()) {
        table.row(
            run.course().title(),
            Integer.toString(run.course().seed()),
            phase.name(),
            format("%.0f", phase.settlingSeconds()),
            format("%.0f %%", 100 * phase.oscillation()),
            format("%.0f", phase.offload()),
            format("%.0f %%", 100 * phase.utilisation()),
            format("%.2f %%", 100 * phase.lateShare()),
            format("%.2f %%", 100 * phase.lateShareOfAll()),
            format("%.2f %%", 100 * phase.degradedShare()),
            format("%.2f %%", 100 * phase.refusedShare()),
            format("%.2f", phase.changesPerDeviceMinute()));
      }
    }
    return table;
  }

  private static String format(String form, double value) {
    return String.format(Locale.ROOT, form, value);
  }

  private static List<Claim> claims(List<Run> runs) {
    List<Phase> phases =
        runs.stream()
            .filter(run -> run.course().contender().equals(Contender.SLUICE))
            .flatMap(run -> run.phases().stream())
            .toList();
    if (phases.isEmpty()) {
      return List.of();
    }
    return List.of(
        worst("settles within", phases, Phase::settlingSeconds, "s", "<= 20"),
        worst("swings of the offload, settled", phases, Phase::oscillation, "ratio", "<= 0.15"),
        least("worker's busy share, settled", phases, Phase::utilisation, "share", ">= 0.7"),
        worst("worker's busy share, settled, most", phases, Phase::utilisation, "share", "<= 0.97"),
        worst("late frames, settled", phases, Phase::lateShare, "share", "<= 0.01"),
        worst("refused requests, settled", phases, Phase::refusedShare, "share", "<= 0.01"),
        worst(
            "changes of plan per device and minute, settled",
            phases,
            Phase::changesPerDeviceMinute,
            "1/min",
            "<= 0.5"));
  }

  private static Claim worst(
      String name, List<Phase> phases, ToDoubleFunction<Phase> figure, String unit, String wanted) {
    double most = phases.stream().mapToDouble(figure).max().orElseThrow();
    return Claim.of(name + ", worst phase", most, unit, wanted, phases.size());
  }

  private static Claim least(
      String name, List<Phase> phases, ToDoubleFunction<Phase> figure, String unit, String wanted) {
    double least = phases.stream().mapToDouble(figure).min().orElseThrow();
    return Claim.of(name + ", least", least, unit, wanted, phases.size());
  }
}

package dev.sluice.experiments.study.herd;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.scheduler.SchedulerOptions;
import dev.sluice.scheduler.Stability;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.SyntheticFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * Do a hundred devices under one worker settle, and what happens when the worker loses half of its
 * capacity, or fifty more devices join?
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
  private static final int DEVICES = 100;
  private static final int JOINING = 50;
  private static final int THREADS = 2;

  /** Two threads at half the profile's speed. */
  private static final double SLOWDOWN = 2;

  private static final int SECONDS = 120;
  private static final int QUICK_SECONDS = 40;
  private static final long DEADLINE_NANOS = 180_000_000L;
  private static final long PERIOD_NANOS = 250_000_000L;
  private static final double DEVICE_FACTOR = 40;
  private static final Set<String> CODECS = Set.of("jpeg-75", "klt-s1.0");
  private static final int EVERY = 16;

  private static final List<String> GOALS =
      List.of(
          "p95_latency <= 180 ms; minimise mean_latency",
          "p95_latency <= 180 ms; maximise accuracy, minimise device_energy");

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

    static final List<Contender> ALL = List.of(SLUICE, UNDAMPED, UNTOLD, PLAIN);
  }

  /** One course of events. */
  private record Run(Contender contender, boolean alike, int goal, List<Phase> phases) {
    String title() {
      return contender.title() + ", " + (alike ? "alike" : "mixed") + ", goal " + (goal + 1);
    }
  }

  @Override
  public String name() {
    return "herd";
  }

  @Override
  public String question() {
    return "Do many devices under one worker settle, or do they move as a herd?";
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    long seed = context.seed("devices");
    int seconds = context.quick() ? QUICK_SECONDS : SECONDS;
    List<Run> runs = new ArrayList<>();
    for (int goal = 0; goal < (context.quick() ? 1 : GOALS.size()); goal++) {
      for (boolean alike : context.quick() ? new boolean[] {true} : new boolean[] {true, false}) {
        for (Contender contender : Contender.ALL) {
          if (context.quick() && contender.equals(Contender.UNTOLD)) {
            continue;
          }
          context.console().printf("%s, %s%n", contender.title(), GOALS.get(goal));
          Herd herd = new Herd(setting(facts(), contender, goal, alike, THREADS), seed);
          runs.add(
              new Run(
                  contender,
                  alike,
                  goal,
                  course(herd, DEVICES, JOINING, SLOWDOWN, THREADS, seconds)));
        }
      }
    }
    context.csv("course.csv", COURSE_TITLES, courses(runs));
    figures(context, runs);
    table(runs).lines().forEach(context.console()::println);
    return claims(runs);
  }

  private static void figures(StudyContext context, List<Run> runs) {
    Map<String, Map<String, List<Phase>>> conditions = new LinkedHashMap<>();
    List<String> groups = new ArrayList<>();
    Map<String, List<Double>> late = new LinkedHashMap<>();
    for (Run run : runs) {
      String condition = (run.alike() ? "alike" : "mixed") + ", goal " + (run.goal() + 1);
      conditions
          .computeIfAbsent(condition, c -> new LinkedHashMap<>())
          .put(run.contender().title(), run.phases());
      for (Phase phase : run.phases()) {
        String group = condition + ", " + phase.name();
        if (!groups.contains(group)) {
          groups.add(group);
        }
        late.computeIfAbsent(run.contender().title(), c -> new ArrayList<>())
            .add(phase.lateShare());
      }
    }
    conditions.forEach(
        (condition, courses) -> context.figure(HerdFigures.timeline(condition, courses)));
    context.figure(HerdFigures.late(groups, late));
  }

  /** A network that takes the worker 6 ms at the profile's speed. */
  static BundleFacts facts() {
    return SyntheticFacts.of(
        new SyntheticFacts.Shape(4, List.of(1, 2), 200, 10, 6_000_000, true), 1);
  }

  static Herd.Setting setting(
      BundleFacts facts, Contender contender, int goal, boolean alike, int threads)
      throws ObjectiveSyntaxException {
    return new Herd.Setting(
        facts,
        Objective.parse(GOALS.get(goal)),
        DEADLINE_NANOS,
        contender.options(),
        contender.hears(),
        PERIOD_NANOS,
        DEVICE_FACTOR,
        threads,
        alike,
        CODECS,
        EVERY);
  }

  /** Devices join; the worker loses half of its capacity; it has it again, and more join. */
  static List<Phase> course(
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

  private static List<List<Object>> courses(List<Run> runs) {
    List<List<Object>> rows = new ArrayList<>();
    for (Run run : runs) {
      for (Phase phase : run.phases()) {
        int number = 0;
        for (Herd.Second second : phase.course()) {
          rows.add(
              List.of(
                  run.title(),
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
            run.title(),
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
            .filter(run -> run.contender().equals(Contender.SLUICE))
            .flatMap(run -> run.phases().stream())
            .toList();
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

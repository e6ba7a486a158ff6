package dev.sluice.experiments.study.promise;

import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.Entrants;
import dev.sluice.experiments.study.grid.StudyFile;
import dev.sluice.experiments.study.regret.Oracle;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Load;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Rows;
import dev.sluice.experiments.study.replay.Stream;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.experiments.study.replay.Traces;
import dev.sluice.experiments.study.timeline.Timeline;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.scheduler.objective.Nearest;
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Is what an objective promises kept over half an hour of a recorded uplink, with an outage, a
 * device that throttles without telling and classes that shift? All is emulated.
 *
 * <p>Exempt are the frames captured during the outage and the time that recovery from it takes by
 * design ({@link StreamReplay#recoveryNanos}), as in the demo, and those captured during the shift,
 * since a certified floor is promised for data like those of the CERTIFY table. All others count in
 * one test of the floor and one of the deadline, those among them during which the recording itself
 * is silent; lateness is also claimed of the whole time. Every minute in which frames that count
 * break a promise is listed with its cause: chance, the device or the link ({@link Trouble}), or
 * none. Where the trace-clairvoyant oracle of the study of regret, told to be as accurate as it
 * can, breaks the floor beyond chance in the same minute, link and device are the cause. Costs are
 * compared with the oracle's on the frames that count.
 */
public final class PromiseStudy implements Study {
  private static final double PERCENT = 100;
  private static final String APART = ", outage with its recovery and shift apart, emulated";

  /** Stands among the strategies; knows what link and device will do. */
  private static final String ORACLE = "oracle, most accurate";

  @Override
  public String name() {
    return "promise";
  }

  @Override
  public String question() {
    return "Are deadline and certified floor kept for half an hour of outage, throttling and"
        + " shift?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    PromiseConfig config = StudyFile.read(context, getClass(), "promise.yaml", PromiseConfig.class);
    LinkTrace trace = Recorded.of(named(context, config.trace()), config);
    List<Subject> subjects =
        Subject.open(
            context,
            config.pictures(),
            config.bundles(),
            Entrants.usual().computeAt(config.strategies()));
    Map<String, Runner> runners = new LinkedHashMap<>();
    for (Subject subject : subjects) {
      long seed = context.seed("stream of " + subject.name());
      for (String strategy : strategies(config)) {
        runners.put(
            subject.name() + " | " + strategy,
            new Runner(
                config,
                subject.alone(),
                strategy,
                trace,
                seed,
                timeline(context, subject, strategy)));
      }
    }
    Map<String, Course30> done;
    Map<String, Oracle.Cost> costs;
    try (Cells cells =
        context.cells(config.toString(), Runtime.getRuntime().availableProcessors())) {
      done =
          cells.measure(
              List.copyOf(runners.keySet()),
              Course30.class,
              key -> Objects.requireNonNull(runners.get(key)).course());
      Map<String, Runner> own = new LinkedHashMap<>();
      for (Subject subject : subjects) {
        own.put(
            costKey(subject),
            Objects.requireNonNull(runners.get(subject.name() + " | " + Entrants.SLUICE)));
      }
      costs =
          cells.measure(
              List.copyOf(own.keySet()),
              Oracle.Cost.class,
              key -> Objects.requireNonNull(own.get(key)).cost());
    }
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    for (Subject subject : subjects) {
      Map<String, Course30> byStrategy = new LinkedHashMap<>();
      for (String strategy : strategies(config)) {
        Course30 course = done.get(subject.name() + " | " + strategy);
        if (course != null) {
          byStrategy.put(strategy, course);
        }
      }
      Optional<Course30> oracle = Optional.ofNullable(byStrategy.get(ORACLE));
      byStrategy.forEach(
          (strategy, course) ->
              course
                  .minutes()
                  .forEach(
                      minute ->
                          lines.add(
                              line(
                                  subject,
                                  strategy,
                                  minute,
                                  violations(
                                      course,
                                      minute,
                                      strategy.equals(ORACLE) ? Optional.empty() : oracle,
                                      config)))));
      print(context, subject, config, byStrategy);
      Course30 own = byStrategy.get(Entrants.SLUICE);
      if (own != null) {
        claims.addAll(claims(subject, own, oracle, config));
        Optional.ofNullable(costs.get(costKey(subject)))
            .ifPresent(cost -> claims.add(claim(subject, cost)));
        context.figure(
            PromiseFigure.of(
                subject.name(), timeline(context, subject, Entrants.SLUICE), own, config));
      }
    }
    context.csv("minutes.csv", TITLES, lines);
    return claims;
  }

  private static String costKey(Subject subject) {
    return subject.name() + " | cost over the oracle's";
  }

  /** Where a stream is written, second by second. */
  private static Path timeline(StudyContext context, Subject subject, String strategy) {
    String name = (subject.name() + "-" + strategy).replaceAll("[^A-Za-z0-9.]+", "-");
    return context.out().resolve("timelines").resolve(name + ".csv");
  }

  private static List<String> strategies(PromiseConfig config) {
    List<String> all = new ArrayList<>(config.strategies());
    all.add(ORACLE);
    return all;
  }

  private static LinkTrace named(StudyContext context, String name) throws IOException {
    Map<String, LinkTrace> traces = Traces.all(context);
    LinkTrace trace = traces.get(name);
    if (trace == null) {
      throw new DemoException(
          "no trace is called '%s'; did you mean '%s'?"
              .formatted(name, Nearest.to(name, traces.keySet())));
    }
    return trace;
  }

  /** Streams one strategy. */
  private record Runner(
      PromiseConfig config,
      Subject subject,
      String strategy,
      LinkTrace trace,
      long seed,
      Path timeline) {
    Course30 course() throws IOException {
      StreamLog log = log(Shifted.rows(subject.test(), config, seed));
      Timeline.write(timeline, log, trace);
      return Course30.of(
          log, config, Trouble.of(trace, config), subject.test().samples() / Course30.GROUP);
    }

    /** What it cost over the oracle, on the frames that count. */
    Oracle.Cost cost() {
      int[] rows = Shifted.rows(subject.test(), config, seed);
      StreamReplay replay = replay(config, subject);
      return new Oracle(course(replay, rows))
          .cost(
              Contender.SLUICE,
              stream(rows),
              frame -> !config.exempt(frame * config.periodNanos()));
    }

    private StreamLog log(int[] rows) {
      Stream stream = stream(rows);
      if (strategy.equals(ORACLE)) {
        return new Oracle(course(replay(config, subject), rows)).mostAccurate(stream);
      }
      Contender contender = Entrants.usual().named(strategy, subject.facts());
      StreamReplay replay = replay(config, subject, contender.precision());
      return replay.log(
          contender.strategy(
              contender
                  .maker()
                  .prepare(replay.facts(), config.question())
                  .apply(course(replay, rows))),
          stream);
    }

    private Course course(StreamReplay replay, int[] rows) {
      return new Course(config.trace(), replay, config.question(), trace, rows, seed);
    }

    private Stream stream(int[] rows) {
      return Stream.of(
              config.question(), trace, new Load.Periodic(config.periodNanos()), rows, seed)
          .slowed(
              nanos ->
                  config.throttling().span().holds(nanos) ? config.throttling().slowdown() : 1);
    }
  }

  static StreamReplay replay(PromiseConfig config, Subject subject) {
    return replay(config, subject, VariantInfo.FLOAT32);
  }

  private static StreamReplay replay(PromiseConfig config, Subject subject, String precision) {
    return config.device().replay(subject, precision, config.periodNanos());
  }

  private static final List<String> TITLES =
      List.of(
          "bundle",
          "strategy",
          "minute",
          "frames",
          "late",
          "degraded",
          "difference_points",
          "worker_ms",
          "uplink_bytes",
          "counted_frames",
          "counted_late",
          "counted_degraded",
          "counted_difference_points",
          "throttled_frames",
          "violations");

  private static List<Object> line(
      Subject subject, String strategy, Minute minute, List<String> violations) {
    Counts all = minute.all();
    Counts counted = minute.counted();
    List<Object> line = new ArrayList<>();
    line.addAll(
        List.of(
            subject.name(),
            strategy,
            minute.minute(),
            all.frames(),
            all.late(),
            all.degraded(),
            all.points(),
            minute.workerNanos() / all.frames() / 1e6,
            minute.uplinkBytes() / all.frames()));
    line.addAll(
        List.of(
            counted.frames(),
            counted.late(),
            counted.degraded(),
            counted.frames() == 0 ? "" : String.valueOf(counted.points()),
            minute.throttled(),
            String.join("; ", violations)));
    return line;
  }

  private static List<String> violations(
      Course30 course, Minute minute, Optional<Course30> oracle, PromiseConfig config) {
    Question question = config.question();
    return minute.violations(
        question.mostLate(),
        PERCENT * question.mostLoss(),
        course.minutes().size(),
        oracle.map(other -> other.minutes().get(minute.minute())));
  }

  private static void print(
      StudyContext context,
      Subject subject,
      PromiseConfig config,
      Map<String, Course30> byStrategy) {
    Optional<Course30> oracle = Optional.ofNullable(byStrategy.get(ORACLE));
    TextTable table =
        new TextTable(
            subject.name(),
            "late, %",
            "points off uncut",
            "points, exempt apart",
            "bytes",
            "worker, ms",
            "minutes broken");
    byStrategy.forEach(
        (strategy, course) -> {
          List<Minute> minutes = course.minutes();
          Counts all = minutes.stream().map(Minute::all).reduce(Counts.NONE, Counts::plus);
          table.row(
              strategy,
              text(PERCENT * all.lateShare()),
              text(all.points()),
              text(course.difference().value()),
              text(minutes.stream().mapToDouble(Minute::uplinkBytes).sum() / all.frames()),
              text(minutes.stream().mapToDouble(Minute::workerNanos).sum() / all.frames() / 1e6),
              Long.toString(
                  minutes.stream()
                      .filter(m -> !violations(course, m, oracle, config).isEmpty())
                      .count()));
        });
    context.console().println();
    table.lines().forEach(context.console()::println);
    Course30 own = byStrategy.get(Entrants.SLUICE);
    if (own != null) {
      for (Minute minute : own.minutes()) {
        for (String broken : violations(own, minute, oracle, config)) {
          context.console().printf("  sluice, minute %d: %s%n", minute.minute(), broken);
        }
      }
    }
  }

  private static String text(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }

  private static List<Claim> claims(
      Subject subject, Course30 course, Optional<Course30> oracle, PromiseConfig config) {
    List<Minute> minutes = course.minutes();
    int counted = course.counted().frames();
    long unexplained =
        minutes.stream()
            .filter(
                minute ->
                    violations(course, minute, oracle, config).stream()
                        .anyMatch(broken -> broken.endsWith(Minute.UNEXPLAINED)))
            .count();
    Question question = config.question();
    List<Claim> claims = new ArrayList<>();
    oracle.ifPresent(
        other ->
            claims.add(
                Claim.of(
                    subject.name() + ": accuracy off the most accurate oracle's" + APART,
                    course.difference(other),
                    "points",
                    ">= " + -PERCENT * question.mostLoss(),
                    counted)));
    claims.addAll(kept(subject, course, unexplained, question));
    return claims;
  }

  private static List<Claim> kept(
      Subject subject, Course30 course, long unexplained, Question question) {
    List<Minute> minutes = course.minutes();
    Counts all = minutes.stream().map(Minute::all).reduce(Counts.NONE, Counts::plus);
    int counted = course.counted().frames();
    return List.of(
        Claim.of(
            subject.name() + ": late over the whole time, emulated",
            PERCENT * all.lateShare(),
            "%",
            question.mostLateBound(),
            all.frames()),
        Claim.of(
            subject.name() + ": late" + APART,
            course.latePercent(),
            "%",
            question.mostLateBound(),
            counted),
        Claim.of(
            subject.name() + ": accuracy off the uncut network's" + APART,
            course.difference(),
            "points",
            ">= " + -PERCENT * question.mostLoss(),
            counted),
        Claim.of(
            subject.name() + ": minutes in which a promise is broken and nothing explains it",
            (double) unexplained,
            "minutes",
            "= 0",
            minutes.size()));
  }

  private static Claim claim(Subject subject, Oracle.Cost cost) {
    return Claim.of(
        subject.name()
            + ": cost over the trace-clairvoyant oracle's, never below 1 since Sluice's own run"
            + " counts"
            + APART,
        cost.ratio(),
        "ratio",
        "<= 1.05",
        cost.frames());
  }

  /** Draws frames; kept apart for {@link Rows}. */
  static final class Shifted {
    private Shifted() {}

    /**
     * Rows by frame: groups of pictures in one random order, begun anew in the same order when all
     * are used, so that a group's frames can be found again; during the shift those of the first
     * classes of a random order alone.
     */
    static int[] rows(
        dev.sluice.scheduler.profile.CalibrationTable test, PromiseConfig config, long seed) {
      java.util.SplittableRandom random = new java.util.SplittableRandom(seed);
      int frames = config.frames(config.minutes());
      int[] pictures = Rows.drawn(test.samples(), test.samples(), random);
      int whole = test.samples() / Course30.GROUP * Course30.GROUP;
      int[] rows = new int[frames];
      for (int frame = 0; frame < frames; frame++) {
        rows[frame] = pictures[frame % whole];
      }
      int classes = test.classes();
      int[] order = Rows.drawn(classes, classes, random);
      boolean[] seen = new boolean[classes];
      for (int i = 0; i < Math.max(1, Math.round(config.shift().classes() * classes)); i++) {
        seen[order[i]] = true;
      }
      int[] few =
          java.util.stream.IntStream.range(0, test.samples())
              .filter(row -> seen[test.label(row)])
              .toArray();
      int[] drawn = few.length == 0 ? new int[0] : Rows.drawn(few.length, frames, random);
      for (int frame = 0; frame < frames && few.length > 0; frame++) {
        if (config.shift().span().holds(frame * config.periodNanos())) {
          rows[frame] = few[drawn[frame]];
        }
      }
      return rows;
    }
  }
}

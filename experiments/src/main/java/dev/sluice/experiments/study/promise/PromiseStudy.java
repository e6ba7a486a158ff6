package dev.sluice.experiments.study.promise;

import dev.sluice.experiments.demo.DemoException;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.Cells;
import dev.sluice.experiments.study.Nearest;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.Entrants;
import dev.sluice.experiments.study.grid.StudyFile;
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
import dev.sluice.sim.trace.LinkTrace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Is what an objective promises kept over half an hour of a recorded uplink, with an outage, a
 * device that throttles without telling and classes that shift? Minute by minute, with a reason for
 * every promise that is broken. All is emulated.
 *
 * <p>A certified floor is promised for data like those of the CERTIFY table, so it is claimed of
 * the minutes without a shift, and outages are exempt as in the demo; what both do is shown. The
 * trace-clairvoyant oracle of the study of regret is compared with over the first minutes, in which
 * nothing happens.
 */
public final class PromiseStudy implements Study {
  private static final double PERCENT = 100;

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

  /** A stream's minutes; Jackson writes and reads it. */
  record Course30(List<Minute> minutes) {}

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    PromiseConfig config = StudyFile.read(context, getClass(), "promise.yaml", PromiseConfig.class);
    LinkTrace trace = Recorded.of(named(context, config.trace()), config);
    List<Subject> subjects =
        Subject.open(context, config.pictures(), name -> config.bundles().contains(name));
    Map<String, Runner> runners = new LinkedHashMap<>();
    for (Subject subject : subjects) {
      long seed = context.seed("stream of " + subject.name());
      for (String strategy : config.strategies()) {
        runners.put(
            subject.name() + " | " + strategy, new Runner(config, subject, strategy, trace, seed));
      }
    }
    Map<String, Course30> done;
    try (Cells cells =
        context.cells(config.toString(), Runtime.getRuntime().availableProcessors())) {
      done =
          cells.measure(
              List.copyOf(runners.keySet()),
              Course30.class,
              key -> new Course30(Objects.requireNonNull(runners.get(key)).minutes()));
    }
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    for (Subject subject : subjects) {
      Map<String, List<Minute>> byStrategy = new LinkedHashMap<>();
      for (String strategy : config.strategies()) {
        Course30 course = done.get(subject.name() + " | " + strategy);
        if (course != null) {
          byStrategy.put(strategy, course.minutes());
          course.minutes().forEach(minute -> lines.add(line(subject, strategy, minute, config)));
        }
      }
      print(context, subject, config, byStrategy);
      List<Minute> own = byStrategy.get(Entrants.SLUICE);
      if (own != null) {
        claims.addAll(claims(subject, own, config));
        claims.add(oracle(context, config, subject, trace));
      }
    }
    context.csv("minutes.csv", TITLES, lines);
    return claims;
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
      PromiseConfig config, Subject subject, String strategy, LinkTrace trace, long seed) {
    List<Minute> minutes() {
      StreamReplay replay = replay(config, subject);
      Contender contender = Entrants.usual().named(strategy, replay.facts());
      int[] rows = Shifted.rows(subject.test(), config, seed);
      Question question = config.question();
      Course course = new Course(config.trace(), replay, question, trace, rows, seed);
      StreamLog log =
          replay.log(
              contender.strategy(contender.maker().prepare(replay.facts(), question).apply(course)),
              Stream.of(question, trace, new Load.Periodic(config.periodNanos()), rows, seed)
                  .slowed(
                      nanos ->
                          config.throttling().span().holds(nanos)
                              ? config.throttling().slowdown()
                              : 1));
      return Minute.of(log, config);
    }
  }

  static StreamReplay replay(PromiseConfig config, Subject subject) {
    return subject.replay(
        config.device().networkMillis() * 1e6,
        config.device().scalarFactor(),
        config.periodNanos());
  }

  private static final List<String> TITLES =
      List.of(
          "bundle",
          "strategy",
          "minute",
          "frames",
          "late",
          "dropped",
          "degraded",
          "difference_points",
          "low",
          "high",
          "worker_ms",
          "uplink_bytes",
          "away",
          "throttled",
          "shifted",
          "violations");

  private static List<Object> line(
      Subject subject, String strategy, Minute minute, PromiseConfig config) {
    List<Object> line = new ArrayList<>();
    line.addAll(
        List.of(
            subject.name(),
            strategy,
            minute.minute(),
            minute.frames(),
            minute.late(),
            minute.dropped(),
            minute.degraded()));
    line.addAll(
        List.of(
            minute.difference().value(),
            minute.difference().low(),
            minute.difference().high(),
            minute.workerNanos() / minute.frames() / 1e6,
            minute.uplinkBytes() / minute.frames()));
    line.addAll(
        List.of(minute.away(), minute.throttled(), minute.shifted(), violations(minute, config)));
    return line;
  }

  private static String violations(Minute minute, PromiseConfig config) {
    Question question = config.question();
    return minute.violations(question.mostLate(), PERCENT * question.mostLoss());
  }

  private static void print(
      StudyContext context,
      Subject subject,
      PromiseConfig config,
      Map<String, List<Minute>> byStrategy) {
    TextTable table =
        new TextTable(
            subject.name(), "late, %", "points off uncut", "bytes", "worker, ms", "minutes broken");
    byStrategy.forEach(
        (strategy, minutes) -> {
          double frames = minutes.stream().mapToInt(Minute::frames).sum();
          table.row(
              strategy,
              text(PERCENT * minutes.stream().mapToInt(Minute::late).sum() / frames),
              text(
                  PERCENT
                      * minutes.stream().mapToInt(m -> m.onlyHere() - m.onlyUncut()).sum()
                      / frames),
              text(minutes.stream().mapToDouble(Minute::uplinkBytes).sum() / frames),
              text(minutes.stream().mapToDouble(Minute::workerNanos).sum() / frames / 1e6),
              Long.toString(
                  minutes.stream().filter(m -> !violations(m, config).isEmpty()).count()));
        });
    context.console().println();
    table.lines().forEach(context.console()::println);
    List<Minute> own = byStrategy.getOrDefault(Entrants.SLUICE, List.of());
    for (Minute minute : own) {
      String broken = violations(minute, config);
      if (!broken.isEmpty()) {
        context.console().printf("  sluice, minute %d: %s%n", minute.minute(), broken);
      }
    }
  }

  private static String text(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }

  private static List<Claim> claims(Subject subject, List<Minute> minutes, PromiseConfig config) {
    int frames = minutes.stream().mapToInt(Minute::frames).sum();
    int late = minutes.stream().mapToInt(Minute::late).sum();
    List<Minute> certified =
        minutes.stream().filter(minute -> !minute.shifted() && !minute.away()).toList();
    int certifiedFrames = certified.stream().mapToInt(Minute::frames).sum();
    var difference =
        dev.sluice.experiments.report.Interval.ofPairedAccuracy(
            certified.stream().mapToInt(Minute::onlyHere).sum(),
            certified.stream().mapToInt(Minute::onlyUncut).sum(),
            certifiedFrames);
    long unexplained =
        minutes.stream()
            .filter(minute -> violations(minute, config).contains(Minute.UNEXPLAINED))
            .count();
    Question question = config.question();
    return List.of(
        Claim.of(
            subject.name() + ": late over the whole time, emulated",
            PERCENT * late / frames,
            "%",
            question.mostLateBound(),
            frames),
        Claim.of(
            subject.name() + ": accuracy off the uncut network's, outage and shift apart, emulated",
            difference,
            "points",
            ">= " + -PERCENT * question.mostLoss(),
            certifiedFrames),
        Claim.of(
            subject.name() + ": minutes in which a promise is broken and nothing explains it",
            (double) unexplained,
            "minutes",
            "= 0",
            minutes.size()));
  }

  private static Claim oracle(
      StudyContext context, PromiseConfig config, Subject subject, LinkTrace trace) {
    long seed = context.seed("stream of " + subject.name());
    StreamReplay replay = replay(config, subject);
    int[] whole = Shifted.rows(subject.test(), config, seed);
    int[] rows = java.util.Arrays.copyOf(whole, config.frames(config.oracleMinutes()));
    Course course = new Course(config.trace(), replay, config.question(), trace, rows, seed);
    return dev.sluice.experiments.study.regret.OracleCost.over(
        subject.name()
            + ": cost over the trace-clairvoyant oracle's, first "
            + String.format(Locale.ROOT, "%.0f", config.oracleMinutes())
            + " minutes, emulated",
        course,
        Contender.SLUICE);
  }

  /** Draws frames; kept apart for {@link Rows}. */
  static final class Shifted {
    private Shifted() {}

    /** Rows by frame; during the shift those of the first classes of a random order alone. */
    static int[] rows(
        dev.sluice.scheduler.profile.CalibrationTable test, PromiseConfig config, long seed) {
      java.util.SplittableRandom random = new java.util.SplittableRandom(seed);
      int frames = config.frames(config.minutes());
      int[] rows = Rows.drawn(test.samples(), frames, random);
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

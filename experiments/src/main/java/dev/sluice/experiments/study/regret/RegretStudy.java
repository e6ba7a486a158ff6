package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Contender.Entry;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Decisions;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Proofs;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Rivals;
import dev.sluice.experiments.study.replay.Rows;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.experiments.study.replay.Subject;
import dev.sluice.experiments.study.replay.Traces;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.sim.trace.LinkTrace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * What does it cost the scheduler that it does not know the future, and is it ever worse than a
 * rival that does less?
 *
 * <p>Every planner streams the same frames over the same trace through {@link StreamReplay}: same
 * session, pipelining, fallback, noise. Frames are independent test pictures, at least 1,300 per
 * trace. Costs are compared with the {@link Clairvoyant} oracle at equal or better satisfaction of
 * the constraints, and with the best rival that holds them.
 */
public final class RegretStudy implements Study {
  private static final int FRAMES = 1_300;
  private static final int QUICK_FRAMES = 300;
  private static final int STATICS = 40;
  private static final int QUICK_STATICS = 4;

  @Override
  public String name() {
    return "regret";
  }

  @Override
  public String question() {
    return "What does it cost the scheduler not to know the future, on real traces?";
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    Map<String, LinkTrace> traces = Traces.read(context);
    List<Finding> findings = new ArrayList<>();
    for (Subject subject : Subject.open(context)) {
      findings.addAll(measure(context, subject, traces));
    }
    Report report = new Report(findings);
    context.csv("runs.csv", Report.RUN_TITLES, report.runs());
    context.table(
        "cost against the oracle, by trace",
        "regret.csv",
        Report.regretColumns(),
        report.regrets());
    context.csv("rivals.csv", Report.RIVAL_TITLES, report.rivals());
    report.figures().forEach(context::figure);
    for (TextTable table :
        List.of(
            report.table(),
            report.rivalTable(Contender.Form.SHARED),
            report.rivalTable(Contender.Form.PUBLISHED))) {
      table.lines().forEach(context.console()::println);
      context.console().println();
    }
    return report.claims();
  }

  /** One question per thread: planners are not thread-safe, and prepared once per question. */
  private static List<Finding> measure(
      StudyContext context, Subject subject, Map<String, LinkTrace> traces) throws Exception {
    long seed = context.seed("streams of " + subject.name());
    ExecutorService pool =
        Executors.newFixedThreadPool(
            Math.min(Question.ALL.size(), Runtime.getRuntime().availableProcessors()));
    try {
      List<Future<List<Finding>>> parts = new ArrayList<>();
      for (Question question : Question.ALL) {
        parts.add(pool.submit(() -> measure(context, subject, question, traces, seed)));
      }
      List<Finding> all = new ArrayList<>();
      for (Future<List<Finding>> part : parts) {
        all.addAll(part.get());
      }
      return all;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a stream could not be replayed", e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private static List<Finding> measure(
      StudyContext context,
      Subject subject,
      Question question,
      Map<String, LinkTrace> traces,
      long seed) {
    StreamReplay replay = subject.replay();
    Candidates candidates = new Candidates(replay.facts());
    List<Plan> all = candidates.all();
    List<Plan> proven = List.copyOf(candidates.proven(question.goal().objective()));
    List<PlanStatistics> forOracle = Clairvoyant.considered(replay, question, proven);
    List<PlanStatistics> forFreeOracle =
        context.quick() ? List.of() : Clairvoyant.considered(replay, question, all);
    Map<Contender, Function<Course, Entry>> makers = makers(context, subject, question);
    Proofs proofs = new Proofs(replay.facts(), question);
    List<Finding> findings = new ArrayList<>();
    context
        .console()
        .printf(
            Locale.ROOT,
            "%s, %s: %d plans, %d proven; the oracle weighs %d%n",
            subject.name(),
            question.name(),
            all.size(),
            proven.size(),
            forOracle.size());
    int number = 0;
    for (Map.Entry<String, LinkTrace> trace : traces.entrySet()) {
      int frames = context.quick() ? QUICK_FRAMES : FRAMES;
      /* The same frames and noise for every question. */
      SplittableRandom random = new SplittableRandom(seed + number++);
      int[] rows = Rows.drawn(replay.test().samples(), frames, random);
      Course course =
          new Course(trace.getKey(), replay, question, trace.getValue(), rows, random.nextLong());
      Map<Contender, Finding.Run> runs = new LinkedHashMap<>();
      makers.forEach(
          (contender, maker) ->
              runs.put(
                  contender,
                  run(contender, maker, course.on(subject.replay(contender.precision())), proofs)));
      Outcome sluice = Objects.requireNonNull(runs.remove(Contender.SLUICE)).outcome();
      Outcome unproven = Objects.requireNonNull(runs.remove(Contender.UNPROVEN)).outcome();
      Decisions decisions = new Decisions(replay.facts(), course.mean());
      List<Outcome> statics =
          new StaticHindsight(course, all, context.quick() ? QUICK_STATICS : STATICS)
              .tried(decisions).stream().map(StaticHindsight.Tried::outcome).toList();
      List<Outcome> oracle = new Clairvoyant(course, forOracle, decisions).outcomes();
      List<Outcome> free =
          context.quick()
              ? List.of()
              : new Clairvoyant(course, forFreeOracle, decisions).outcomes();
      Finding finding =
          new Finding(
              subject.name(),
              question,
              trace.getKey(),
              sluice,
              unproven,
              runs,
              statics,
              oracle,
              free,
              new SampleClairvoyant(course).leastCost());
      findings.add(finding);
      context
          .console()
          .printf(
              Locale.ROOT,
              "  %s, %s, %s: %s, late %.1f %%, accuracy %+.2f pt%n",
              subject.name(),
              question.name(),
              trace.getKey(),
              finding
                  .reference()
                  .map(best -> Report.ratio(finding.cost(finding.sluice()), finding.cost(best)))
                  .map(ratio -> String.format(Locale.ROOT, "%.3f of the oracle's cost", ratio))
                  .orElse("no run of the oracle to compare with"),
              100 * finding.sluice().lateShare(),
              100 * finding.sluice().difference());
    }
    return findings;
  }

  /** Of Sluice, with and without proofs, and of the rivals that can take part. */
  private static Map<Contender, Function<Course, Entry>> makers(
      StudyContext context, Subject subject, Question question) {
    BundleFacts facts = subject.replay().facts();
    Map<Contender, Function<Course, Entry>> makers = new LinkedHashMap<>();
    makers.put(Contender.SLUICE, Contender.SLUICE.maker().prepare(facts, question));
    makers.put(Contender.UNPROVEN, Contender.UNPROVEN.maker().prepare(facts, question));
    for (Contender rival : Rivals.of(facts)) {
      try {
        makers.put(
            rival, rival.maker().prepare(subject.replay(rival.precision()).facts(), question));
      } catch (IllegalArgumentException cannot) {
        context
            .console()
            .printf(
                "%s, %s: %s (%s) takes no part: %s%n",
                subject.name(), question.name(), rival.name(), rival.form(), cannot.getMessage());
      }
    }
    return makers;
  }

  private static Finding.Run run(
      Contender contender, Function<Course, Entry> maker, Course course, Proofs proofs) {
    Entry entry = maker.apply(course);
    Proofs.Noted noted = Proofs.Noted.of(entry);
    Outcome outcome = course.run(contender.strategy(noted.in(entry)));
    return new Finding.Run(outcome, proofs.hold(contender, entry, noted));
  }
}

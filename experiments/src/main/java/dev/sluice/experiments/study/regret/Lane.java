package dev.sluice.experiments.study.regret;

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
import dev.sluice.model.bundle.VariantInfo;
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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One question about one bundle, on one trace after the other: planners are prepared once, by the
 * first trace that is measured. Thread-safe: one trace at a time, since planners are not.
 */
final class Lane {
  private final StudyContext context;
  private final RegretConfig config;
  private final Subject subject;
  private final Question question;
  private @Nullable Prepared prepared;

  /** What does not depend on the trace. */
  private record Prepared(
      StreamReplay replay,
      List<Plan> all,
      List<Plan> proven,
      List<PlanStatistics> forOracle,
      List<PlanStatistics> forFreeOracle,
      Map<Contender, Function<Course, Entry>> makers,
      Proofs proofs) {}

  Lane(StudyContext context, RegretConfig config, Subject subject, Question question) {
    this.context = context;
    this.config = config;
    this.subject = subject;
    this.question = question;
  }

  Question question() {
    return question;
  }

  /** Returns the name of the cell of a trace. */
  String cell(String trace) {
    return subject.name() + " | " + question.name() + " | " + trace;
  }

  /**
   * Streams a trace through every planner.
   *
   * @param seed of frames and noise, the same for every question
   */
  synchronized Finding.Kept measure(String name, LinkTrace trace, long seed) {
    Prepared ready = prepared == null ? prepare() : prepared;
    prepared = ready;
    StreamReplay replay = ready.replay();
    SplittableRandom random = new SplittableRandom(seed);
    int[] rows = Rows.drawn(replay.test().samples(), config.frames(), random);
    Course course = new Course(name, replay, question, trace, rows, random.nextLong());
    Map<Contender, Finding.Run> runs = new LinkedHashMap<>();
    ready
        .makers()
        .forEach(
            (contender, maker) ->
                runs.put(
                    contender,
                    run(
                        contender,
                        maker,
                        course.on(config.replay(subject, contender.precision())),
                        ready.proofs())));
    Outcome sluice = Objects.requireNonNull(runs.remove(Contender.SLUICE)).outcome();
    Outcome unproven = Objects.requireNonNull(runs.remove(Contender.UNPROVEN)).outcome();
    Decisions decisions = new Decisions(replay.facts(), course.mean());
    List<Outcome> statics = neverChanged(course, ready.all(), decisions);
    List<Outcome> oracle =
        new ArrayList<>(new Clairvoyant(course, ready.forOracle(), decisions).outcomes());
    oracle.addAll(neverChanged(course, ready.proven(), decisions));
    List<Outcome> free =
        config.freeOracle()
            ? new Clairvoyant(course, ready.forFreeOracle(), decisions).outcomes()
            : List.of();
    Finding finding =
        new Finding(
            subject.name(),
            question,
            name,
            sluice,
            unproven,
            runs,
            statics,
            oracle,
            free,
            new SampleClairvoyant(course).leastCost());
    say(finding);
    return Finding.Kept.of(finding);
  }

  private void say(Finding finding) {
    context
        .console()
        .printf(
            Locale.ROOT,
            "  %s, %s, %s: %s, late %.1f %%, accuracy %+.2f pt%n",
            subject.name(),
            question.name(),
            finding.trace(),
            finding
                .reference()
                .map(best -> Report.ratio(finding.cost(finding.sluice()), finding.cost(best)))
                .map(ratio -> String.format(Locale.ROOT, "%.3f of the oracle's cost", ratio))
                .orElse("no run of the oracle to compare with"),
            100 * finding.sluice().lateShare(),
            100 * finding.sluice().difference());
  }

  private List<Outcome> neverChanged(Course course, List<Plan> plans, Decisions decisions) {
    return new StaticHindsight(course, plans, config.statics())
        .tried(decisions).stream().map(StaticHindsight.Tried::outcome).toList();
  }

  private Prepared prepare() {
    StreamReplay replay = config.replay(subject, VariantInfo.FLOAT32);
    Candidates candidates = new Candidates(replay.facts());
    List<Plan> all = candidates.all();
    List<Plan> proven = candidates.proven(question.goal().objective());
    List<PlanStatistics> forOracle = Clairvoyant.considered(replay, question, proven);
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
    return new Prepared(
        replay,
        all,
        proven,
        forOracle,
        config.freeOracle() ? Clairvoyant.roughlyConsidered(replay, question, all) : List.of(),
        makers(),
        new Proofs(replay.facts(), question));
  }

  /** Of Sluice, with and without proofs, and of the rivals that can take part. */
  private Map<Contender, Function<Course, Entry>> makers() {
    BundleFacts facts = config.replay(subject, VariantInfo.FLOAT32).facts();
    Map<Contender, Function<Course, Entry>> makers = new LinkedHashMap<>();
    makers.put(Contender.SLUICE, Contender.SLUICE.maker().prepare(facts, question));
    makers.put(Contender.UNPROVEN, Contender.UNPROVEN.maker().prepare(facts, question));
    for (Contender rival : Rivals.of(facts)) {
      try {
        makers.put(
            rival,
            rival.maker().prepare(config.replay(subject, rival.precision()).facts(), question));
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

package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Decisions;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Stream;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.plan.Plan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The trace-clairvoyant oracle ({@link Clairvoyant}) of one course, for other studies. It chooses
 * among the plans that are proven. Not thread-safe.
 */
public final class Oracle {
  /** Plans that are never changed, tried at most. */
  private static final int STATICS = 40;

  private final Course course;
  private final Decisions decisions;
  private final List<Plan> proven;
  private final List<PlanStatistics> considered;

  /**
   * Finds out what it may choose from.
   *
   * @param course frames, trace and objective
   */
  public Oracle(Course course) {
    this.course = course;
    decisions = new Decisions(course.replay().facts(), course.mean());
    proven = new Candidates(course.replay().facts()).proven(course.question().goal().objective());
    considered = Clairvoyant.considered(course.replay(), course.question(), proven);
  }

  /**
   * What a planner cost over what the oracle did.
   *
   * @param ratio at least 1, or not a number where no run of the oracle qualifies
   * @param frames that count
   */
  public record Cost(double ratio, int frames) {}

  /**
   * Streams a planner and the oracle, and compares their costs on the frames that count, where the
   * oracle holds the constraints on them as well as asked, or as well as the planner did where that
   * fell short. The planner's own run counts as the oracle's, since the optimum costs at most that,
   * so the ratio is never below 1; but where no run of the oracle qualifies there is nothing to
   * compare with: the figure is then not a number, which no claim holds with.
   *
   * @param stream of the course's frames
   * @param counts whether a frame counts, by its number; at least one does
   */
  public Cost cost(Contender planner, Stream stream, IntPredicate counts) {
    Function<StreamReplay.Strategy, Outcome> runs =
        strategy -> course.replay().log(strategy, stream).outcome(counts);
    Outcome own =
        runs.apply(
            planner.strategy(
                planner.maker().prepare(course.replay().facts(), course.question()).apply(course)));
    return new Cost(ratio(course.question(), own, outcomes(stream, counts, runs)), own.frames());
  }

  /** Its own runs, and those of proven plans that are never changed. */
  private List<Outcome> outcomes(
      Stream stream, IntPredicate counts, Function<StreamReplay.Strategy, Outcome> runs) {
    List<Outcome> outcomes = new ArrayList<>();
    if (!considered.isEmpty()) {
      outcomes.addAll(
          new Clairvoyant(course, considered, decisions, stream.slowdown(), runs).outcomes());
    }
    int[] rows =
        IntStream.range(0, course.rows().length)
            .filter(counts)
            .map(frame -> course.rows()[frame])
            .toArray();
    new StaticHindsight(course.of(rows), proven, STATICS, runs)
        .tried(decisions)
        .forEach(tried -> outcomes.add(tried.outcome()));
    return outcomes;
  }

  /**
   * Streams under the oracle that is as accurate as link and device let it be, whatever it costs.
   * It knows the link's future, and of every frame how slow the device is at its capture.
   *
   * @param stream of the course's frames
   * @throws IllegalArgumentException if no plan can be in time
   */
  public StreamLog mostAccurate(Stream stream) {
    return course
        .replay()
        .log(
            new Clairvoyant(
                    course,
                    considered,
                    decisions,
                    stream.slowdown(),
                    strategy -> course.replay().log(strategy, stream).outcome(frame -> true))
                .mostAccurate(),
            stream);
  }

  /** The planner's cost over the cheapest of the oracle's runs that hold as much. */
  static double ratio(Question question, Outcome own, List<Outcome> oracle) {
    double mostLate = Math.max(question.mostLate(), own.lateShare());
    double leastDifference = Math.min(question.leastDifference(), own.difference());
    double cost = own.value(question.cost());
    return oracle.stream()
        .filter(outcome -> outcome.holds(mostLate, leastDifference))
        .map(outcome -> outcome.value(question.cost()))
        .min(Comparator.naturalOrder())
        .map(least -> Report.ratio(cost, Math.min(cost, least)))
        .orElse(Double.NaN);
  }
}

package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Decisions;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.Stream;
import dev.sluice.experiments.study.replay.StreamLog;
import dev.sluice.scheduler.plan.Plan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a planner costs over the trace-clairvoyant oracle, and how right it is, for other studies.
 */
public final class OracleCost {
  private OracleCost() {}

  /**
   * Streams a planner and the oracle over a course, and compares them where the oracle holds the
   * constraints as well as asked, or as well as the planner did where that fell short. The
   * planner's own run counts as the oracle's, since the optimum costs at most that, so the ratio is
   * never below 1; but where no run of the oracle qualifies there is nothing to compare with: the
   * figure is then not a number, which no claim holds with.
   *
   * @param name of the claim
   * @return the ratio of costs, wanted within 5 %
   */
  public static Claim over(String name, Course course, Contender planner) {
    Question question = course.question();
    Candidates candidates = new Candidates(course.replay().facts());
    List<Plan> proven = candidates.proven(question.goal().objective());
    Outcome own =
        course.run(
            planner.strategy(
                planner.maker().prepare(course.replay().facts(), question).apply(course)));
    List<Outcome> oracle = new ArrayList<>();
    List<PlanStatistics> considered = Clairvoyant.considered(course.replay(), question, proven);
    if (!considered.isEmpty()) {
      Decisions decisions = new Decisions(course.replay().facts(), course.mean());
      oracle.addAll(new Clairvoyant(course, considered, decisions).outcomes());
    }
    return Claim.of(name, ratio(question, own, oracle), "ratio", "<= 1.05", own.frames());
  }

  /**
   * Streams under the oracle that is as accurate as link and device let it be, whatever it costs.
   * It knows the link's future, and of every frame how slow the device is at its capture.
   *
   * @param course whose frames and trace the stream has
   * @throws IllegalArgumentException if no plan can be in time
   */
  public static StreamLog mostAccurate(Course course, Stream stream) {
    Candidates candidates = new Candidates(course.replay().facts());
    List<Plan> proven = candidates.proven(course.question().goal().objective());
    List<PlanStatistics> considered =
        Clairvoyant.considered(course.replay(), course.question(), proven);
    Decisions decisions = new Decisions(course.replay().facts(), course.mean());
    return course
        .replay()
        .log(
            new Clairvoyant(course, considered, decisions, stream.slowdown()).mostAccurate(),
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

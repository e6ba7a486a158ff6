package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.study.replay.Course;
import dev.sluice.experiments.study.replay.Decisions;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import dev.sluice.experiments.study.replay.StreamReplay;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The best plan that is never changed, found by streaming with one after the other.
 *
 * <p>It knows the very frames. Plans that lose more than half a point beyond the floor on them
 * while nothing is late are left out, so are those that another equals in every respect; the others
 * are tried from cheap to dear until the next cannot be cheaper than the best that held, or enough
 * were tried. What a plan costs while nothing is late is taken for the least that it can cost. That
 * is not quite so for bytes and the worker's compute, since withdrawn requests save some; so the
 * true best may be a little cheaper, never dearer.
 */
final class StaticHindsight {
  private static final double MOST_BEYOND_FLOOR = 0.005;
  private static final double ALIKE = 0.01;

  private final Course course;
  private final List<Plan> plans;
  private final int mostTried;
  private final Function<StreamReplay.Strategy, Outcome> runs;

  /**
   * Looks at plans.
   *
   * @param mostTried how many are streamed at most, at least 1
   */
  StaticHindsight(Course course, List<Plan> plans, int mostTried) {
    this(course, plans, mostTried, course::run);
  }

  /**
   * Looks at plans that are streamed in another way.
   *
   * @param course whose frames are those that count
   * @param mostTried as above
   * @param runs streams and judges the frames that count
   */
  StaticHindsight(
      Course course,
      List<Plan> plans,
      int mostTried,
      Function<StreamReplay.Strategy, Outcome> runs) {
    this.course = course;
    this.plans = plans;
    this.mostTried = mostTried;
    this.runs = runs;
  }

  /**
   * A plan and what became of it.
   *
   * @param plan kept for the whole stream
   * @param outcome of the stream
   */
  record Tried(Plan plan, Outcome outcome) {}

  /** Streams with the promising plans. */
  List<Tried> tried(Decisions decisions) {
    Question question = course.question();
    List<PlanStatistics> promising = promising();
    List<Tried> tried = new ArrayList<>();
    double best = Double.POSITIVE_INFINITY;
    for (PlanStatistics plan : promising) {
      if (tried.size() >= mostTried || leastCost(plan) >= best) {
        break;
      }
      Outcome outcome = runs.apply(decisions.always(plan.plan()));
      tried.add(new Tried(plan.plan(), outcome));
      if (outcome.holds(question)) {
        best = Math.min(best, outcome.value(question.cost()));
      }
    }
    return tried;
  }

  /** From cheap to dear. */
  private List<PlanStatistics> promising() {
    BundleFacts facts = course.replay().facts();
    double factor = course.replay().deviceFactor();
    double least = course.question().leastDifference() - MOST_BEYOND_FLOOR;
    double budget = course.budgetNanos();
    List<PlanStatistics> timely =
        plans.stream()
            .map(
                plan ->
                    PlanStatistics.of(facts, course.replay().test(), course.rows(), plan, budget))
            .filter(plan -> plan.difference() >= least)
            .filter(plan -> plan.deviceNanos() * factor <= course.replay().periodNanos())
            .filter(
                plan ->
                    plan.offloaded() == 0
                        || plan.sentNanos() * factor < course.question().deadlineNanos())
            .sorted(Comparator.comparingDouble(this::leastCost))
            .toList();
    List<ToDoubleFunction<PlanStatistics>> respects =
        List.of(
            this::leastCost,
            plan -> -plan.difference(),
            PlanStatistics::offloaded,
            PlanStatistics::meanBytes,
            PlanStatistics::deviceNanos,
            PlanStatistics::sentNanos);
    return Candidates.undominated(timely, ALIKE, respects);
  }

  private double leastCost(PlanStatistics plan) {
    double factor = course.replay().deviceFactor();
    double device = plan.deviceNanos() * factor;
    return course
        .question()
        .costOf(
            plan.offloaded() * plan.workerNanos(),
            plan.meanBytes(),
            device,
            device + plan.offloaded() * (course.mean().roundTripNanos() + plan.workerNanos()));
  }
}

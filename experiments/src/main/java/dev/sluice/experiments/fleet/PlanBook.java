package dev.sluice.experiments.fleet;

import dev.sluice.scheduler.estimate.Estimates;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.CalibrationTable;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The decisions of one kind of device, kept by rounded conditions and plan in use. Devices share
 * them: an answer depends on the question alone, so that it does not matter who asks first.
 * Thread-safe.
 */
public final class PlanBook {
  private static final int NO_PLAN = -1;

  private final BundleFacts facts;
  private final CalibrationTable test;
  private final Decider decider;
  private final boolean rounding;
  private final Map<Question, Answer> answers = new ConcurrentHashMap<>();
  private final Map<Plan, PlanTable> tables = new HashMap<>();

  /** Conditions, and the number of the plan in use. */
  private record Question(Conditions conditions, int current) {}

  /** What is done. */
  record Answer(PlanTable next, boolean keeps, double urgency) {}

  private PlanBook(BundleFacts facts, CalibrationTable test, Decider decider, boolean rounding) {
    this.facts = facts;
    this.test = test;
    this.decider = decider;
    this.rounding = rounding;
  }

  /**
   * Begins a book.
   *
   * @param facts of the bundle on the device
   * @param test outcomes of the frames that are streamed; nothing was chosen on it
   * @param decider used under the book's lock
   */
  public static PlanBook of(BundleFacts facts, CalibrationTable test, Decider decider) {
    return new PlanBook(facts, test, decider, true);
  }

  /** A book that keeps nothing: every question is asked as it is, which takes a thousand times. */
  public static PlanBook exact(BundleFacts facts, CalibrationTable test, Decider decider) {
    return new PlanBook(facts, test, decider, false);
  }

  CalibrationTable test() {
    return test;
  }

  /** Returns what is done first, when no plan is in use. */
  Answer first(Estimates estimates) {
    return decide(estimates, NO_PLAN, Optional.empty());
  }

  /** Looks a decision up, or makes it. */
  Answer decide(Estimates estimates, PlanTable current) {
    return decide(estimates, current.id(), Optional.of(current.plan()));
  }

  private Answer decide(Estimates estimates, int number, Optional<Plan> current) {
    if (!rounding) {
      return answer(estimates, current);
    }
    Question question = new Question(Conditions.of(estimates), number);
    Answer known = answers.get(question);
    return known != null ? known : make(question, current);
  }

  private synchronized Answer make(Question question, Optional<Plan> current) {
    Answer known = answers.get(question);
    if (known != null) {
      return known;
    }
    Answer made = answer(question.conditions.estimates(), current);
    answers.put(question, made);
    return made;
  }

  private synchronized Answer answer(Estimates conditions, Optional<Plan> current) {
    Decider.Verdict verdict = decider.decide(conditions, current);
    PlanTable table = tables.get(verdict.plan());
    if (table == null) {
      table = new PlanTable(verdict.plan(), tables.size(), facts, test);
      tables.put(verdict.plan(), table);
    }
    return new Answer(table, verdict.keeps(), verdict.urgency());
  }

  /** How many decisions are kept. */
  public int decisions() {
    return answers.size();
  }
}

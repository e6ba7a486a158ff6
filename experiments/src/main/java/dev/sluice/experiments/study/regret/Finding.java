package dev.sluice.experiments.study.regret;

import dev.sluice.experiments.study.replay.Contender;
import dev.sluice.experiments.study.replay.Outcome;
import dev.sluice.experiments.study.replay.Question;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * All that was replayed of one question on one trace. Immutable.
 *
 * @param bundle name of the bundle
 * @param question the objective
 * @param trace name of the trace
 * @param sluice the scheduler's run
 * @param unproven the run of the scheduler without proofs; no rival
 * @param runs every rival's run
 * @param statics runs of plans that were never changed
 * @param oracle the oracle's runs among plans whose floor is proven, and those of such plans that
 *     were never changed
 * @param freeOracle the oracle's runs among all plans
 * @param bound least cost of the sample-clairvoyant oracle
 */
record Finding(
    String bundle,
    Question question,
    String trace,
    Outcome sluice,
    Outcome unproven,
    Map<Contender, Run> runs,
    List<Outcome> statics,
    List<Outcome> oracle,
    List<Outcome> freeOracle,
    double bound) {

  /**
   * What became of a rival.
   *
   * @param outcome of its stream
   * @param proven whether the accuracy floor is proven for each plan that it used
   */
  record Run(Outcome outcome, boolean proven) {}

  /**
   * The same as it is kept, with rivals by name.
   *
   * @param runs by form and name of the rival
   */
  record Kept(
      Outcome sluice,
      Outcome unproven,
      Map<String, Run> runs,
      List<Outcome> statics,
      List<Outcome> oracle,
      List<Outcome> freeOracle,
      double bound) {
    static Kept of(Finding finding) {
      Map<String, Run> named = new LinkedHashMap<>();
      finding.runs.forEach((rival, run) -> named.put(key(rival), run));
      return new Kept(
          finding.sluice,
          finding.unproven,
          named,
          finding.statics,
          finding.oracle,
          finding.freeOracle,
          finding.bound);
    }

    private static String key(Contender rival) {
      return rival.form() + " " + rival.name();
    }

    /**
     * Returns what was kept of a question about a bundle on a trace.
     *
     * @param rivals those that were to take part; the same ones for all that are reported together
     */
    Finding finding(String bundle, List<Contender> rivals, Question question, String trace) {
      Map<Contender, Run> known = new LinkedHashMap<>();
      for (Contender rival : rivals) {
        Run run = runs.get(key(rival));
        if (run != null) {
          known.put(rival, run);
        }
      }
      return new Finding(
          bundle, question, trace, sluice, unproven, known, statics, oracle, freeOracle, bound);
    }
  }

  Finding {
    runs = Collections.unmodifiableMap(new LinkedHashMap<>(runs));
    statics = List.copyOf(statics);
    oracle = List.copyOf(oracle);
    freeOracle = List.copyOf(freeOracle);
  }

  double cost(Outcome outcome) {
    return outcome.value(question.cost());
  }

  /**
   * The cheapest of the oracle's runs that hold the constraints as well as was asked, or as well as
   * the scheduler did where that fell short. Since the optimum costs at most what the scheduler
   * did, the scheduler's own run counts as well, so the scheduler never costs less than this. Empty
   * where none of the oracle's runs qualifies: the scheduler's own says nothing about itself.
   */
  Optional<Outcome> reference() {
    return noDearerThanOwn(oracle);
  }

  /** The same over everything that was replayed, unproven and never changed plans included. */
  Optional<Outcome> freeReference() {
    List<Outcome> others = new ArrayList<>(freeOracle);
    others.addAll(oracle);
    others.addAll(statics);
    return noDearerThanOwn(others);
  }

  private Optional<Outcome> noDearerThanOwn(List<Outcome> others) {
    return cheapest(
            others,
            Math.max(question.mostLate(), sluice.lateShare()),
            Math.min(question.leastDifference(), sluice.difference()))
        .map(best -> cost(best) < cost(sluice) ? best : sluice);
  }

  /** Whether some run of the oracle holds the question's constraints. */
  boolean oracleHolds() {
    return oracle.stream().anyMatch(run -> run.holds(question));
  }

  /** Whether some run of the oracle misses no more deadlines than may be missed. */
  boolean oracleInTime() {
    return oracle.stream().anyMatch(run -> run.lateShare() <= question.mostLate());
  }

  /**
   * The cheapest rival on Sluice's terms that holds the question's constraints on these frames,
   * proven or by luck.
   */
  Optional<Map.Entry<Contender, Run>> bestRival() {
    return best(run -> true);
  }

  /** The same among those that hold the accuracy floor as the scheduler must: proven. */
  Optional<Map.Entry<Contender, Run>> bestProvenRival() {
    return best(Run::proven);
  }

  private Optional<Map.Entry<Contender, Run>> best(Predicate<Run> condition) {
    return runs.entrySet().stream()
        .filter(rival -> rival.getKey().form() == Contender.Form.SHARED)
        .filter(rival -> condition.test(rival.getValue()))
        .filter(rival -> rival.getValue().outcome().holds(question))
        .min(
            Comparator.comparingDouble(
                    (Map.Entry<Contender, Run> rival) -> cost(rival.getValue().outcome()))
                .thenComparing(rival -> rival.getKey().name()));
  }

  /** The cheapest plan that holds the constraints without ever being changed. */
  Optional<Outcome> bestStatic() {
    return cheapest(statics, question.mostLate(), question.leastDifference());
  }

  private Optional<Outcome> cheapest(List<Outcome> runs, double mostLate, double leastDifference) {
    return runs.stream()
        .filter(run -> run.holds(mostLate, leastDifference))
        .min(Comparator.comparingDouble(this::cost));
  }
}

package dev.sluice.experiments.study.regret;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that was replayed of one question on one trace. Immutable.
 *
 * @param bundle name of the bundle
 * @param question the objective
 * @param trace name of the trace
 * @param sluice the scheduler's run
 * @param rivals every rival's run, by name
 * @param statics runs of plans that were never changed
 * @param oracle the oracle's runs among plans whose floor is proven
 * @param freeOracle the oracle's runs among all plans
 */
record Finding(
    String bundle,
    Question question,
    String trace,
    Outcome sluice,
    Map<String, Outcome> rivals,
    List<Outcome> statics,
    List<Outcome> oracle,
    List<Outcome> freeOracle) {

  Finding {
    rivals = Map.copyOf(rivals);
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
   * did, the scheduler's own run counts as well.
   */
  Outcome reference() {
    List<Outcome> runs = new ArrayList<>(oracle);
    runs.add(sluice);
    return cheapest(
            runs,
            Math.max(question.mostLate(), sluice.lateShare()),
            Math.min(question.leastDifference(), sluice.difference()))
        .orElseThrow();
  }

  /** The same over everything that was replayed, unproven and never changed plans included. */
  Outcome freeReference() {
    List<Outcome> runs = new ArrayList<>(freeOracle);
    runs.addAll(oracle);
    runs.addAll(statics);
    runs.add(sluice);
    return cheapest(
            runs,
            Math.max(question.mostLate(), sluice.lateShare()),
            Math.min(question.leastDifference(), sluice.difference()))
        .orElseThrow();
  }

  /** Whether some run of the oracle holds the question's constraints. */
  boolean oracleHolds() {
    return oracle.stream().anyMatch(run -> run.holds(question));
  }

  /** Whether some run of the oracle misses no more deadlines than may be missed. */
  boolean oracleInTime() {
    return oracle.stream().anyMatch(run -> run.lateShare() <= question.mostLate());
  }

  /** The cheapest rival that holds the question's constraints. */
  Optional<Map.Entry<String, Outcome>> bestRival() {
    return rivals.entrySet().stream()
        .filter(rival -> rival.getValue().holds(question))
        .min(
            Comparator.comparingDouble((Map.Entry<String, Outcome> rival) -> cost(rival.getValue()))
                .thenComparing(Map.Entry::getKey));
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

package dev.sluice.experiments.demo;

import dev.sluice.experiments.report.Percentiles;
import dev.sluice.experiments.report.Score;
import dev.sluice.experiments.report.Tally;
import dev.sluice.scheduler.plan.Plan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What came of a stream.
 *
 * @param strategy that served it
 * @param scenario that the link went through
 * @param tally every request against its answer; not modified any more
 * @param seenP95Nanos 95th percentile of the latency as the caller saw it from outside: from the
 *     moment a frame was due until its answer line was read
 * @param overruns times that real compute took longer than the emulated device allows
 * @param feasiblePlans plans in use that were expected to hold the goal, with how often they were
 *     seen in use outside outages; most used first
 * @param decisions number of distinct plans seen in use
 */
public record StreamResult(
    Strategy strategy,
    Scenario scenario,
    Tally tally,
    long seenP95Nanos,
    long overruns,
    Map<Plan, Integer> feasiblePlans,
    int decisions) {

  public StreamResult {
    feasiblePlans = Collections.unmodifiableMap(new LinkedHashMap<>(feasiblePlans));
  }

  /** The score of the whole stream. */
  public Score score() {
    return tally.score();
  }

  /** The same stream as the strategy in its own form would have served it. */
  public StreamResult ownForm() {
    return strategy.answersByDeadline()
        ? this
        : new StreamResult(
            strategy,
            scenario,
            tally.withoutFallback(),
            seenP95Nanos,
            overruns,
            feasiblePlans,
            decisions);
  }

  /** The feasible plans most in use. */
  List<Plan> mostUsed(int most) {
    return feasiblePlans.keySet().stream().limit(most).toList();
  }

  static long p95(List<Long> nanos) {
    Percentiles percentiles = new Percentiles();
    nanos.forEach(percentiles::add);
    return percentiles.at(95);
  }
}

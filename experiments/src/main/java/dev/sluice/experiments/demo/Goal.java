package dev.sluice.experiments.demo;

import dev.sluice.experiments.report.Score;
import dev.sluice.experiments.report.Tally;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import java.util.OptionalDouble;

/**
 * What is asked of a stream, and whether a run of it held that. Immutable.
 *
 * @param text the objective as written
 * @param objective the objective
 * @param deadlineNanos its deadline; the bound of its first latency where that is of the mean
 */
public record Goal(String text, Objective objective, long deadlineNanos) {
  /** The goal of the demo. */
  public static final String DEFAULT =
      "p95_latency <= 150 ms, accuracy >= final - 1 pt; minimise worker_compute, then uplink_bytes";

  /**
   * Reads a goal.
   *
   * @throws ObjectiveSyntaxException if it is no objective
   * @throws DemoException if it bounds no latency
   */
  public static Goal parse(String text) throws ObjectiveSyntaxException {
    Objective objective = Objective.parse(text);
    double deadlineNanos =
        objective
            .deadlineNanos()
            .orElseGet(
                () ->
                    objective.constraints().stream()
                        .flatMap(constraint -> constraint.latencyBound().stream())
                        .mapToDouble(Constraint::bound)
                        .findFirst()
                        .orElseThrow(
                            () ->
                                new DemoException(
                                    "the objective bounds no latency; add one such as"
                                        + " p95_latency <= 150 ms")));
    return new Goal(text, objective, Math.round(deadlineNanos));
  }

  /** How far below the uncut network the accuracy may fall, in points, where that is bounded. */
  public OptionalDouble pointsBelowFinal() {
    return objective.pointsBelowFinal();
  }

  /**
   * Whether a run held the goal, judged on its own frames.
   *
   * <p>Latency over every request, one without a prediction counting as infinitely late. Accuracy
   * outside outages, where it is exempt, against the uncut network on the same frames; a request
   * without a prediction counts as wrong.
   */
  public boolean heldBy(Tally tally, Scenario scenario) {
    return objective.constraints().stream()
        .allMatch(constraint -> holds(constraint, tally, scenario));
  }

  private static boolean holds(Constraint constraint, Tally tally, Scenario scenario) {
    Score all = tally.score();
    Score linked = tally.scoreWithout(scenario.outages());
    return switch (constraint.metric().kind()) {
      case LATENCY_PERCENTILE ->
          all.inTimeShare() >= constraint.metric().percent() / 100
              || Math.round(constraint.bound()) != all.deadlineNanos();
      case DEADLINE_MISSES ->
          1 - all.inTimeShare() <= constraint.bound() + 1e-9
              || Math.round(constraint.metric().deadlineNanos()) != all.deadlineNanos();
      case MEAN_LATENCY -> all.predictions() == all.requests() && all.inTimeShare() >= 0.5;
      case ACCURACY -> {
        double bound =
            constraint.relativeToFinal()
                ? linked.uncutAccuracy() + constraint.bound()
                : constraint.bound();
        yield linked.requests() == 0 || (double) linked.right() / linked.requests() >= bound - 1e-9;
      }
      case WORKER_COMPUTE -> perRequest(all.workerComputeNanos(), all) <= constraint.bound();
      case UPLINK_BYTES -> perRequest(all.bytes(), all) <= constraint.bound();
      // The demo's tally does not measure these.
      case DEVICE_COMPUTE, DEVICE_ENERGY, DEVICE_MEMORY, THROUGHPUT, MONTHLY_UPLINK_BYTES -> true;
    };
  }

  private static double perRequest(long total, Score score) {
    return score.requests() == 0 ? 0 : (double) total / score.requests();
  }
}

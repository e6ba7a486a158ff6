package dev.sluice.experiments.study.replay;

import dev.sluice.experiments.demo.Goal;
import dev.sluice.experiments.study.StudyFileException;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import dev.sluice.scheduler.objective.Target;
import dev.sluice.scheduler.rival.Terms;
import java.util.List;
import java.util.stream.Stream;

/**
 * An objective, with what it costs. Immutable.
 *
 * @param name for people and files
 * @param goal the objective and its deadline
 */
public record Question(String name, Goal goal) {
  /**
   * Makes a question.
   *
   * @param objective with a bound on a latency percentile and a target
   * @throws IllegalArgumentException if it is none such
   */
  public static Question of(String name, String objective) {
    try {
      return new Question(name, Goal.parse(objective));
    } catch (ObjectiveSyntaxException e) {
      throw StudyFileException.of(e);
    }
  }

  public Question {
    if (goal.objective().targets().isEmpty()) {
      throw new IllegalArgumentException("nothing to minimise or maximise: " + goal.text());
    }
  }

  /**
   * What is minimised first.
   *
   * @throws IllegalStateException if it is maximised
   */
  public Metric cost() {
    if (goal.objective().targets().get(0).maximise()) {
      throw new IllegalStateException("the first target is maximised: " + goal.text());
    }
    return goal.objective().targets().get(0).metric();
  }

  /**
   * Returns the cost among what a plan takes per frame.
   *
   * @throws IllegalArgumentException if what is minimised is none of these
   */
  public double costOf(
      double workerNanos, double uplinkBytes, double deviceNanos, double latencyNanos) {
    Metric.Kind kind = cost().kind();
    return switch (kind) {
      case WORKER_COMPUTE -> workerNanos;
      case UPLINK_BYTES -> uplinkBytes;
      case DEVICE_COMPUTE -> deviceNanos;
      case MEAN_LATENCY -> latencyNanos;
      case ACCURACY,
          LATENCY_PERCENTILE,
          DEADLINE_MISSES,
          THROUGHPUT,
          DEVICE_ENERGY,
          DEVICE_MEMORY,
          MONTHLY_UPLINK_BYTES ->
          throw new IllegalArgumentException("not a cost of this study: " + kind);
    };
  }

  public long deadlineNanos() {
    return goal.deadlineNanos();
  }

  /** Largest share of requests that may miss the deadline. */
  public double mostLate() {
    return goal.objective().constraints().stream()
        .map(Constraint::metric)
        .filter(metric -> metric.kind() == Metric.Kind.LATENCY_PERCENTILE)
        .mapToDouble(metric -> 1 - metric.percent() / 100)
        .findFirst()
        .orElseThrow();
  }

  /** The same as the bound of a claim about the share in per cent. */
  public String mostLateBound() {
    return "<= " + Math.round(1e8 * mostLate()) / 1e6;
  }

  /** Least accuracy minus the uncut network's, as a share; negative. */
  public double leastDifference() {
    return -goal.pointsBelowFinal().getAsDouble() / 100;
  }

  /** All metrics that the objective names, constraints first, each once. */
  public List<Metric.Kind> kinds() {
    return Stream.concat(
            goal.objective().constraints().stream().map(Constraint::metric),
            goal.objective().targets().stream().map(Target::metric))
        .map(Metric::kind)
        .distinct()
        .toList();
  }

  /** Accuracy that rivals may lose by their codecs, or which are set up beforehand, as a share. */
  public double mostLoss() {
    return Terms.mostLoss(goal.objective());
  }

  /** Whether the device may go on alone at once while a request is out. */
  public boolean eagerHedge() {
    return !goal.objective().sparesDevice();
  }
}

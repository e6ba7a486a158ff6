package dev.sluice.experiments.study.floors;

import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;
import java.util.ArrayList;
import java.util.List;

/**
 * An objective with one bound of a latency percentile and one floor below the final exit.
 * Immutable.
 *
 * @param objective what is wanted
 */
record Question(Objective objective) {
  private static final List<String> FLOORS = List.of("0.5", "1", "2");

  /** Reads an objective. */
  static Question of(String text) {
    try {
      return new Question(Objective.parse(text));
    } catch (ObjectiveSyntaxException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  Question {
    if (objective.constraints().size() != 2
        || objective.constraints().get(0).metric().kind() != Metric.Kind.LATENCY_PERCENTILE
        || !objective.constraints().get(1).relativeToFinal()
        || objective.targets().isEmpty()) {
      throw new IllegalArgumentException("not of the form that is asked here: " + objective);
    }
  }

  /** Three floors, each with the worker's and with the device's compute to be saved. */
  static List<Question> all() {
    List<Question> all = new ArrayList<>();
    for (String points : FLOORS) {
      for (String target : List.of("worker_compute", "device_compute")) {
        all.add(
            of(
                "p95_latency <= 150 ms, accuracy >= final - %s pt; minimise %s, then uplink_bytes"
                    .formatted(points, target)));
      }
    }
    return all;
  }

  Constraint latency() {
    return objective.constraints().get(0);
  }

  /** Least accuracy minus the uncut network's, a share. */
  double floor() {
    return objective.constraints().get(1).bound();
  }

  Metric cost() {
    return objective.targets().get(0).metric();
  }

  /** For people and files. */
  String name() {
    return cost() + ", " + objective.constraints().get(1);
  }
}

package dev.sluice.experiments.study.floors;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.sluice.experiments.study.StudyFileException;
import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.objective.ObjectiveSyntaxException;

/**
 * An objective with one bound of a latency percentile and one floor below the final exit.
 * Immutable; a file has its text.
 *
 * @param text as it was written
 * @param objective what is wanted
 */
record Question(@JsonValue String text, Objective objective) {
  /** Reads an objective. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Question of(String text) {
    try {
      return new Question(text, Objective.parse(text));
    } catch (ObjectiveSyntaxException e) {
      throw StudyFileException.of(e);
    }
  }

  Question {
    if (objective.constraints().size() != 2
        || objective.constraints().get(0).metric().kind() != Metric.Kind.LATENCY_PERCENTILE
        || !objective.constraints().get(1).relativeToFinal()
        || objective.targets().isEmpty()) {
      throw new IllegalArgumentException(
          "not one bound of a latency percentile, one floor below final and a target: " + text);
    }
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

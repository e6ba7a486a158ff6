package dev.sluice.experiments.study.replay;

import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CompanionFact;
import dev.sluice.scheduler.profile.CompanionInfo;
import java.util.stream.IntStream;

/**
 * A companion, looked up like the network that it accompanies. Immutable.
 *
 * @param fact what planners know of it
 * @param test its answers to the very pictures that are streamed, row by row; one exit, and a
 *     variant at cut 0 for each picture codec
 */
public record ReplayedCompanion(CompanionFact fact, CalibrationTable test) {
  public ReplayedCompanion {
    if (test.exits() != 1) {
      throw new IllegalArgumentException(
          "a companion answers once, its table has " + test.exits() + " exits");
    }
  }

  /** What a session wants to know; the table's classes are the bundle's already. */
  CompanionInfo info() {
    return new CompanionInfo(
        CompanionInfo.VERSION,
        fact.name(),
        fact.digest(),
        fact.workerNanos(),
        IntStream.range(0, test.classes()).boxed().toList());
  }
}

package dev.sluice.experiments.study.floors;

import java.util.List;

/**
 * What became of one question over all resamplings. Immutable; can be written as JSON and read
 * back.
 *
 * @param question asked
 * @param drives in a table
 * @param resamplings how many tables were drawn
 * @param tested plans that were tested
 * @param proven plans that were proven, on average
 * @param criticalValue in standard errors, on average
 * @param anyBroken share of the tables that prove some plan which breaks its floor
 * @param choices by condition
 */
record Findings(
    Question question,
    int drives,
    int resamplings,
    int tested,
    double proven,
    double criticalValue,
    double anyBroken,
    List<Choices> choices) {
  Findings {
    choices = List.copyOf(choices);
  }

  /**
   * What was chosen under one condition.
   *
   * @param condition the link
   * @param nothing share of the tables that prove nothing that is in time
   * @param broken share of the tables after which a plan is chosen that breaks its floor
   * @param cost mean cost of what is chosen; NaN where nothing ever is
   * @param uncertified cost of what is chosen by the SELECT table's word; NaN where nothing is
   * @param uncertifiedDifference what that truly loses against the uncut network, a share
   * @param best cost of the best that truly holds the floor; NaN where nothing does
   */
  record Choices(
      Condition condition,
      double nothing,
      double broken,
      double cost,
      double uncertified,
      double uncertifiedDifference,
      double best) {
    /** Cost over the uncertified one; NaN where either is missing or costs nothing. */
    double overUncertified() {
      return ratio(cost, uncertified);
    }

    /** Cost over the least that truly holds. */
    double overBest() {
      return ratio(cost, best);
    }

    private static double ratio(double above, double below) {
      return above > 0 && below > 0 ? above / below : above == 0 && below == 0 ? 1 : Double.NaN;
    }
  }

  double mostBroken() {
    return choices.stream().mapToDouble(Choices::broken).max().orElse(0);
  }
}

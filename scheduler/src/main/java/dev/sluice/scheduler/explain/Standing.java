package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.objective.Constraint;
import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.plan.Prediction;
import java.util.Optional;

/**
 * How a plan stands to one bound: a constraint of the objective, or that device and uplink keep up
 * with the frames, which every plan must. Immutable.
 *
 * @param constraint what must hold; empty for keeping up
 * @param bound in the metric's base unit; for an accuracy relative to the uncut network's, the
 *     difference; for keeping up the busy share {@link Prediction#OVERLOAD}
 * @param value what is held against it: with the link at its cautious estimate, an accuracy as far
 *     as it is proven
 * @param expected the same without caution: the link at its central estimate, an accuracy as
 *     measured
 * @param proven false for an accuracy floor that the plan's own figure may reach, but that a more
 *     cautious plan, on which its proof rests, failed; true for all other bounds
 * @param lateLoss of an accuracy floor what answers that come late take from the value, a share, at
 *     least 0; 0 for all other bounds
 */
public record Standing(
    Optional<Constraint> constraint,
    double bound,
    double value,
    double expected,
    boolean proven,
    double lateLoss) {
  /** Written like any other share. */
  private static final Metric BUSY_SHARE = Metric.deadlineMisses(0);

  static Standing of(Constraint constraint, double value, double expected) {
    return new Standing(Optional.of(constraint), constraint.bound(), value, expected, true, 0);
  }

  static Standing ofFloor(
      Constraint floor, double value, double expected, boolean proven, double lateLoss) {
    return new Standing(Optional.of(floor), floor.bound(), value, expected, proven, lateLoss);
  }

  static Standing keepingUp(double busyShare, double expected) {
    return new Standing(Optional.empty(), Prediction.OVERLOAD, busyShare, expected, true, 0);
  }

  private boolean isFloor() {
    return constraint.isPresent() && constraint.get().isFloor();
  }

  /** Whether it is an accuracy floor. */
  boolean isAccuracyFloor() {
    return constraint.isPresent() && constraint.get().metric().kind() == Metric.Kind.ACCURACY;
  }

  /** Whether it bounds times: a latency, late answers, or keeping up. */
  boolean isTiming() {
    return constraint.isEmpty() || constraint.get().latencyBound().isPresent();
  }

  /** Returns how far the value is on the good side of the bound; negative if it is not. */
  public double slack() {
    return isFloor() ? value - bound : bound - value;
  }

  /**
   * Returns the slack as a share of what the bound leaves: of the bound itself, for an accuracy of
   * the errors or points that it allows, at least 0.1 points. The least over all bounds is the one
   * that binds.
   */
  public double relativeSlack() {
    double room = Math.abs(bound);
    if (isAccuracyFloor()) {
      room = Math.max(0.001, constraint.orElseThrow().relativeToFinal() ? room : 1 - bound);
    }
    return slack() / Math.max(1e-9, room);
  }

  /** Returns by how much not being sure makes the value worse; at least 0. */
  public double uncertaintyMargin() {
    return Math.max(0, isFloor() ? expected - value : value - expected);
  }

  /** Returns whether the bound is kept. */
  public boolean holds() {
    return constraint.isEmpty() ? value < bound : slack() >= 0 && proven;
  }

  /** Returns a value of this bound for people. */
  public String format(double any) {
    if (constraint.isEmpty()) {
      return Figures.format(BUSY_SHARE, any);
    }
    Constraint known = constraint.get();
    if (!known.relativeToFinal()) {
      return Figures.format(known.metric(), any);
    }
    return "final " + (any < 0 ? "- " : "+ ") + Figures.difference(known.metric(), Math.abs(any));
  }

  /** Returns a difference of two values for people. */
  public String formatDifference(double any) {
    return Figures.difference(constraint.map(Constraint::metric).orElse(BUSY_SHARE), any);
  }

  /** Returns the bound as written in an objective. */
  public String label() {
    return constraint.map(Constraint::toString).orElse("keeps up with the frames");
  }
}

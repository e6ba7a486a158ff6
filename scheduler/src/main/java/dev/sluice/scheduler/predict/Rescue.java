package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.objective.Objective;
import java.util.OptionalDouble;

/**
 * When a device that has sent a frame without an answer of its own turns to it once more: so late
 * that its nearest exit just ends before the frame must be answered, unless the reply has come. It
 * stops when the reply comes. That keeps it from the frames behind, so a plan whose replies come
 * late costs more than it seems.
 *
 * <p>The device's runtime follows the same rule, with the same figures. Immutable.
 *
 * @param limitNanos from capture, by when the device wants to have answered, positive; infinite
 *     where it does not care
 * @param slackNanos how much earlier it is ready, since timers are late, at least 0
 * @param margin share by which it expects to compute longer than predicted, at least 0
 */
public record Rescue(double limitNanos, double slackNanos, double margin) {
  /** The device waits for replies as long as they take. */
  public static final Rescue NONE = new Rescue(Double.POSITIVE_INFINITY, 0, 0);

  /** The usual margin. */
  public static final double MARGIN = 0.08;

  private static final long MOST_SLACK_NANOS = 2_000_000;

  /** The slack is never more than this part of a deadline. */
  private static final long SLACK_OF_DEADLINE = 10;

  public Rescue {
    if (!(limitNanos > 0 && slackNanos >= 0 && margin >= 0)) {
      throw new IllegalArgumentException(
          "not a rescue: limit " + limitNanos + " ns, slack " + slackNanos + ", margin " + margin);
    }
  }

  /** Returns the usual slack before a deadline: 2 ms, of short deadlines a tenth. */
  public static long slackNanos(long deadlineNanos) {
    return Math.min(MOST_SLACK_NANOS, deadlineNanos / SLACK_OF_DEADLINE);
  }

  /** Returns the usual rule for a deadline, positive. */
  public static Rescue before(long deadlineNanos) {
    long slack = slackNanos(deadlineNanos);
    return new Rescue(deadlineNanos - slack, slack, MARGIN);
  }

  /** Returns the usual rule for an objective's deadline, if it has one. */
  public static Rescue of(Objective objective) {
    OptionalDouble deadline = objective.deadlineNanos();
    return deadline.isPresent() ? before(Math.max(1, Math.round(deadline.getAsDouble()))) : NONE;
  }

  /** Returns by when the frame must be answered, from capture; infinite if never. */
  public double deadlineNanos() {
    return limitNanos + slackNanos;
  }

  /**
   * Returns the moment from capture at which the device begins if no reply has come: when it is too
   * late anyhow, if the exit cannot end in time even where no frame waits for another.
   *
   * @param sentNanos that a frame takes until it is sent
   * @param nanos that the nearest exit takes
   */
  public double beginNanos(double sentNanos, double nanos) {
    double own = nanos * (1 + margin);
    return sentNanos + own > limitNanos ? limitNanos : limitNanos - slackNanos - own;
  }
}

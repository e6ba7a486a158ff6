package dev.sluice.edge.session;

import dev.sluice.scheduler.objective.Objective;
import dev.sluice.scheduler.predict.Rescue;
import dev.sluice.scheduler.upkeep.LinkUpkeep;

/**
 * How a session serves. Immutable.
 *
 * @param deadlineNanos from capture to the answer, positive
 * @param slackNanos how long before the deadline the device answers with what it has, so that the
 *     answer is out in time; in {@code [0, deadlineNanos)}
 * @param marginFraction reserve on predicted device times, at least 0; 0.08 keeps 8 %
 * @param fallback whether the device answers when the cloud does not, and drops what it cannot get
 *     to in time; without it a frame waits for its plan, however long, up to the patience
 * @param hedges whether the device goes on alone while a reply may still come; without it does so
 *     only once the cloud has failed
 * @param eagerHedge whether an idle device goes on alone as soon as a frame is sent, instead of
 *     when the reply is at risk: the best answers at the deadline, for more device compute
 * @param patienceNanos from capture until a frame without any answer is given up, at least the
 *     deadline
 * @param maxWaiting frames that may wait for the device; the oldest is dropped beyond, at least 1
 * @param maxOutstanding frames that may be without answer in all; the oldest is dropped beyond, at
 *     least 1
 * @param replanNanos distance of regular decisions while frames come, positive
 * @param probeGapNanos least distance of two probes of a link whose rate was measured, at least 0
 * @param probeBytesPerSecond what probes may send in the long run, at least 0; infinite = bounded
 *     by nothing
 */
public record SessionOptions(
    long deadlineNanos,
    long slackNanos,
    double marginFraction,
    boolean fallback,
    boolean hedges,
    boolean eagerHedge,
    long patienceNanos,
    int maxWaiting,
    int maxOutstanding,
    long replanNanos,
    long probeGapNanos,
    double probeBytesPerSecond) {
  private static final long MILLIS = 1_000_000;

  /** Checks the ranges. */
  public SessionOptions {
    if (deadlineNanos <= 0) {
      throw new IllegalArgumentException("deadline must be positive: " + deadlineNanos);
    }
    if (slackNanos < 0 || slackNanos >= deadlineNanos) {
      throw new IllegalArgumentException("slack not in [0, deadline): " + slackNanos);
    }
    if (!(marginFraction >= 0 && marginFraction < 10)) {
      throw new IllegalArgumentException("margin not in [0, 10): " + marginFraction);
    }
    if (patienceNanos < deadlineNanos) {
      throw new IllegalArgumentException("patience below the deadline: " + patienceNanos);
    }
    if (maxWaiting < 1 || maxOutstanding < 1) {
      throw new IllegalArgumentException("queues must hold at least one frame");
    }
    if (replanNanos <= 0) {
      throw new IllegalArgumentException("replanning distance must be positive: " + replanNanos);
    }
    if (probeGapNanos < 0) {
      throw new IllegalArgumentException("probes' distance is negative: " + probeGapNanos);
    }
    if (!(probeBytesPerSecond >= 0)) {
      throw new IllegalArgumentException("probes' rate is negative: " + probeBytesPerSecond);
    }
  }

  /**
   * Returns the usual options: 2 ms slack (a tenth of short deadlines), 8 % margin, fallback,
   * patience of twice the deadline, 16 frames waiting, 64 outstanding, a decision every 250 ms.
   *
   * <p>Where a scheduler plans, {@link #serving} its objective: it predicts a session that does.
   */
  public static SessionOptions of(long deadlineNanos) {
    return new SessionOptions(
        deadlineNanos,
        Rescue.slackNanos(deadlineNanos),
        Rescue.MARGIN,
        true,
        true,
        false,
        2 * deadlineNanos,
        16,
        64,
        250 * MILLIS,
        0,
        Double.POSITIVE_INFINITY);
  }

  /** Returns the same options without fallback: a frame waits up to {@code patienceNanos}. */
  public SessionOptions withoutFallback(long patienceNanos) {
    return with(slackNanos, false, hedges, eagerHedge, patienceNanos);
  }

  /** Returns the same options with hedges that begin at once or only at risk. */
  public SessionOptions withEagerHedge(boolean eager) {
    return with(slackNanos, fallback, hedges, eager, patienceNanos);
  }

  /** Returns the same options where the device waits for a reply as long as one may come. */
  public SessionOptions withoutHedges() {
    return with(slackNanos, fallback, false, eagerHedge, patienceNanos);
  }

  /** Returns the same options with another slack. */
  public SessionOptions withSlack(long slackNanos) {
    return with(slackNanos, fallback, hedges, eagerHedge, patienceNanos);
  }

  /** Returns the same options where probes are as rare as a link is to be kept. */
  public SessionOptions keeping(LinkUpkeep upkeep) {
    return with(
        slackNanos,
        fallback,
        hedges,
        eagerHedge,
        patienceNanos,
        replanNanos,
        upkeep.probeGapNanos(),
        upkeep.probeBytesPerSecond());
  }

  /** Returns the same options with another distance of regular decisions. */
  public SessionOptions deciding(long everyNanos) {
    return with(
        slackNanos,
        fallback,
        hedges,
        eagerHedge,
        patienceNanos,
        everyNanos,
        probeGapNanos,
        probeBytesPerSecond);
  }

  private SessionOptions with(
      long newSlackNanos,
      boolean newFallback,
      boolean newHedges,
      boolean newEagerHedge,
      long newPatienceNanos) {
    return with(
        newSlackNanos,
        newFallback,
        newHedges,
        newEagerHedge,
        newPatienceNanos,
        replanNanos,
        probeGapNanos,
        probeBytesPerSecond);
  }

  private SessionOptions with(
      long newSlackNanos,
      boolean newFallback,
      boolean newHedges,
      boolean newEagerHedge,
      long newPatienceNanos,
      long newReplanNanos,
      long newProbeGapNanos,
      double newProbeBytesPerSecond) {
    return new SessionOptions(
        deadlineNanos,
        newSlackNanos,
        marginFraction,
        newFallback,
        newHedges,
        newEagerHedge,
        newPatienceNanos,
        maxWaiting,
        maxOutstanding,
        newReplanNanos,
        newProbeGapNanos,
        newProbeBytesPerSecond);
  }

  /**
   * Returns the same options as an objective wants them: the device goes on at once while a reply
   * is due unless it is to be spared, and probes are as rare as radio and bytes want them.
   */
  public SessionOptions serving(Objective objective) {
    return withEagerHedge(!objective.sparesDevice()).keeping(objective.upkeep());
  }
}

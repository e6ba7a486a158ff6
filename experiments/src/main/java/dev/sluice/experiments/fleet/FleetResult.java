package dev.sluice.experiments.fleet;

import java.util.Collection;

/**
 * What became of a fleet's frames, and what its workers did for them. Shares are of all frames that
 * counted.
 *
 * <p>Immutable once made.
 */
public final class FleetResult extends FrameFigures {
  private final SiteTally tally;
  private final int threadsPerWorker;
  private final long measuredNanos;

  FleetResult(SiteTally tally, int threadsPerWorker, long measuredNanos) {
    super(sum(tally, tally.kinds()), measuredNanos);
    this.tally = tally;
    this.threadsPerWorker = threadsPerWorker;
    this.measuredNanos = measuredNanos;
  }

  private static FrameTally sum(SiteTally tally, Collection<String> kinds) {
    FrameTally sum = new FrameTally();
    kinds.forEach(kind -> sum.add(tally.of(kind)));
    return sum;
  }

  /**
   * What became of the frames of some kinds of devices together.
   *
   * @param kinds their names, all different
   * @throws IllegalArgumentException if the fleet has no such kind
   */
  public FrameFigures of(Collection<String> kinds) {
    return new FrameFigures(sum(tally, kinds), measuredNanos);
  }

  /** Workers. */
  public long workers() {
    return tally.workers;
  }

  /** All frames and replies that were simulated, the warm-up included. */
  public long events() {
    return tally.events;
  }

  /** Workers' compute per frame, answers that came too late included. */
  public double workerNanosPerFrame() {
    return share(tally.busyNanos);
  }

  /** Share of the workers' time in which they computed. */
  public double busyShare() {
    double capacity = (double) tally.workers * threadsPerWorker * measuredNanos;
    return tally.busyNanos / capacity;
  }

  /** Share of the requests at a worker that it did not compute. */
  public double refusedShare() {
    return tally.submitted == 0 ? 0 : (double) tally.refused / tally.submitted;
  }
}

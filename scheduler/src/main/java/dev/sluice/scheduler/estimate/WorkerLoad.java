package dev.sluice.scheduler.estimate;

/**
 * How busy the worker is, as far as it bears on how long the next requests wait there. Immutable.
 *
 * <p>The wait of a queue that others fill, with an own share that comes at even distances and so
 * meets the others but not itself:
 *
 * <pre>
 *   wait(others, own) = scale * others / (1 - others - own)
 * </pre>
 *
 * <p>With {@code own} = 0 and the mean service time as scale that is the mean wait of an M/M/1
 * queue; by Pollaczek's and Khinchin's formula any other service times and any number of servers
 * change the scale to first order, which is learnt ({@link #waitScaleNanos}). What was measured
 * lately counts more than the formula, which then only says what a change of plan or of load adds.
 *
 * @param utilisation share of its time that the worker computes, for anybody, in [0, 1]; 0 where it
 *     never told
 * @param utilisationSd standard deviation of that, in [0, 1]
 * @param ownShare the part of it that is this device's, in [0, utilisation]
 * @param waitScaleNanos scale of the formula, at least 0; 0 = unknown, a request's own service time
 *     stands in
 * @param freshness weight of the wait that was measured, in [0, 1]; 1 = just now, or nothing else
 *     is known
 */
public record WorkerLoad(
    double utilisation,
    double utilisationSd,
    double ownShare,
    double waitScaleNanos,
    double freshness) {
  /** Of a worker that never told its load: waits are what was measured. */
  public static final WorkerLoad UNTOLD = new WorkerLoad(0, 0, 0, 0, 1);

  /** From here on the formula is held: no queue grows without end by the time of an answer. */
  private static final double MOST_UTILISATION = 0.97;

  public WorkerLoad {
    requireShare(utilisation, "utilisation");
    requireShare(utilisationSd, "utilisationSd");
    requireShare(freshness, "freshness");
    if (!(ownShare >= 0 && ownShare <= utilisation)) {
      throw new IllegalArgumentException("ownShare not in [0, " + utilisation + "]: " + ownShare);
    }
    if (!(waitScaleNanos >= 0 && waitScaleNanos < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "waitScaleNanos must be finite and not negative: " + waitScaleNanos);
    }
  }

  /** Returns what the others keep busy of the worker, in [0, 1]. */
  public double others() {
    return utilisation - ownShare;
  }

  /**
   * Returns the mean wait of a request of a plan; never falls as utilisation grows.
   *
   * @param measuredNanos mean wait of the last requests, at least 0
   * @param serviceNanos the worker's time for a request of the plan, at least 0
   * @param ownUtilisation what the plan would keep busy of the worker, at least 0
   * @param margin by how much more the others are assumed to keep busy, in [-1, 1]
   */
  public double waitNanos(
      double measuredNanos, double serviceNanos, double ownUtilisation, double margin) {
    double scale = waitScaleNanos > 0 ? waitScaleNanos : serviceNanos;
    double later = Math.min(1, Math.max(0, others() + margin));
    double change = shape(later, later + ownUtilisation) - freshness * shape();
    return Math.max(0, freshness * measuredNanos + scale * change);
  }

  /** Returns the same where the others keep the worker busier by a share of its time. */
  WorkerLoad othersBusier(double margin) {
    double busier = Math.min(1, Math.max(ownShare, utilisation + margin));
    return new WorkerLoad(busier, utilisationSd, ownShare, waitScaleNanos, freshness);
  }

  double shape() {
    return shape(others(), utilisation);
  }

  /** The wait in units of the scale. */
  static double shape(double others, double utilisation) {
    return others / (1 - Math.min(MOST_UTILISATION, utilisation));
  }

  private static void requireShare(double value, String name) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " not in [0, 1]: " + value);
    }
  }
}

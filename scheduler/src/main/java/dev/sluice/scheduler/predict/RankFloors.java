package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.LatencyDistribution;
import java.util.List;

/**
 * For one percentile, what its row must at least take under each plan, before anything is known of
 * link and load. Immutable.
 */
final class RankFloors {
  private static final int NONE = -1;

  final double percent;

  /** By plan: that many bytes are sent at least for a row of this rank; -1 where it may stay. */
  final int[] bytes;

  /** By plan: device's time of a row of this rank, at scale 1. */
  final double[] deviceNanos;

  /**
   * Looks at plans.
   *
   * @param rows how many are replayed
   */
  RankFloors(double percent, List<Behaviour> plans, int rows) {
    this.percent = percent;
    bytes = new int[plans.size()];
    deviceNanos = new double[plans.size()];
    int rank = LatencyDistribution.rank(percent, rows);
    double[] device = new double[rows];
    double[] sizes = new double[rows];
    for (int index = 0; index < bytes.length; index++) {
      Behaviour plan = plans.get(index);
      for (int row = 0; row < rows; row++) {
        device[row] = plan.deviceNanos(row);
        /* Of the rows, only those that stay and the smallest payloads can be quicker. */
        sizes[row] = plan.sends(row) ? plan.shipment.bytes(row) : NONE;
      }
      deviceNanos[index] = QuickSelect.select(device, rank);
      bytes[index] = (int) QuickSelect.select(sizes, rank);
    }
  }
}

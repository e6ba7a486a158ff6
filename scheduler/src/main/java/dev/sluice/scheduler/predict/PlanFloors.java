package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.LatencyDistribution;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * What plans take at least, whatever waits for what: a few multiplications each, laid out plan
 * after plan because a search reads tens of thousands of them. Of latencies, queueing and slow
 * start are left out. Also what a percentile is at most. Not thread-safe.
 */
final class PlanFloors {
  private static final int NONE = -1;

  /** Sums in another order may differ so much. */
  static final double ROOM = 1 - 1e-9;

  private final List<Behaviour> plans;
  private final int rows;
  private final double[] deviceNanos;
  private final double[] meanBytes;
  private final double[] rowDeviceNanos;
  private final double[] rowWorkerNanos;
  private final double[] rowBytes;
  private final double[] sentShare;
  private final double[] sentNanos;
  private final double[] leastWorkerNanos;

  private final HedgedMeans hedged;

  private final List<Ranked> ranked = new ArrayList<>();

  /**
   * Lays plans out.
   *
   * @param plans not to grow any more
   * @param rows how many are replayed
   */
  PlanFloors(List<Behaviour> plans, int rows) {
    this.plans = plans;
    this.rows = rows;
    int size = plans.size();
    deviceNanos = new double[size];
    meanBytes = new double[size];
    rowDeviceNanos = new double[size];
    rowWorkerNanos = new double[size];
    rowBytes = new double[size];
    sentShare = new double[size];
    sentNanos = new double[size];
    leastWorkerNanos = new double[size];
    for (int i = 0; i < size; i++) {
      Behaviour plan = plans.get(i);
      deviceNanos[i] = plan.deviceNanos;
      meanBytes[i] = plan.meanBytes;
      rowDeviceNanos[i] = plan.rowDeviceNanos;
      rowWorkerNanos[i] = plan.rowWorkerNanos;
      rowBytes[i] = plan.rowBytes;
      sentShare[i] = (double) plan.sentRows / rows;
      sentNanos[i] = plan.costs.deviceSent;
      leastWorkerNanos[i] = plan.costs.leastWorker;
    }
    hedged = new HedgedMeans(plans);
  }

  int size() {
    return deviceNanos.length;
  }

  /** Writes the larger busy share of device and uplink; 0 where the frame period is unknown. */
  void utilisations(Replay.Conditions met, double[] into) {
    double deviceScale = met.deviceScale();
    double nanosPerByte = 1 / met.bytesPerNano();
    double share = met.periodNanos() == 0 ? 0 : 1.0 / met.periodNanos();
    for (int i = 0; i < into.length; i++) {
      into[i] = share * Math.max(deviceNanos[i] * deviceScale, meanBytes[i] * nanosPerByte);
    }
  }

  /** Returns bounds of mean latencies. */
  IntToDoubleFunction meanLatency(Replay.Conditions met) {
    if (met.hedges()) {
      return hedged.atLeast(met);
    }
    double deviceScale = met.deviceScale();
    double workerScale = met.workerScale();
    double nanosPerByte = 1 / met.bytesPerNano();
    double cloudNanos = met.roundTripNanos() + met.workerWait().leastNanos();
    return i ->
        ROOM
            * (rowDeviceNanos[i] * deviceScale
                + sentShare[i] * cloudNanos
                + rowBytes[i] * nanosPerByte
                + rowWorkerNanos[i] * workerScale);
  }

  /** Writes bounds of a percentile of the latency. */
  void percentiles(double percent, Replay.Conditions met, double[] into) {
    IntToDoubleFunction bound = percentile(percent, met);
    for (int i = 0; i < into.length; i++) {
      into[i] = bound.applyAsDouble(i);
    }
  }

  /** Returns bounds of a percentile of the latency. */
  IntToDoubleFunction percentile(double percent, Replay.Conditions met) {
    Ranked row = ranked(percent);
    double deviceScale = met.deviceScale();
    double workerScale = met.workerScale();
    double nanosPerByte = 1 / met.bytesPerNano();
    double cloudNanos = met.roundTripNanos() + met.workerWait().leastNanos();
    return i -> {
      double device = row.deviceNanos[i] * deviceScale;
      double sent =
          sentNanos[i] * deviceScale
              + row.bytes[i] * nanosPerByte
              + cloudNanos
              + leastWorkerNanos[i] * workerScale;
      return ROOM * (row.bytes[i] < 0 ? device : Math.max(device, sent));
    };
  }

  /** Returns what a percentile of the latency cannot exceed; infinite where frames may wait. */
  double mostPercentile(int index, double percent, Replay.Conditions met) {
    Behaviour plan = plans.get(index);
    if (!Unqueued.atDevice(plan, met)) {
      return Double.POSITIVE_INFINITY;
    }
    Ranked row = ranked(percent);
    double local = Unqueued.above(row.localNanos[index] * met.deviceScale());
    if (row.bytes[index] < 0 || !Unqueued.holds(plan, met)) {
      return local;
    }
    double sent = Unqueued.mostSent(plan, met, row.bytes[index]);
    return Math.min(local, Math.max(Unqueued.mostLocal(plan, met), sent));
  }

  private Ranked ranked(double percent) {
    for (int i = 0; i < ranked.size(); i++) {
      if (ranked.get(i).percent == percent) {
        return ranked.get(i);
      }
    }
    Ranked added = new Ranked(percent, plans, rows);
    ranked.add(added);
    return added;
  }

  /** For one percentile, what its row must at least take under each plan. */
  private static final class Ranked {
    final double percent;

    /** By plan: that many bytes are sent at least for a row of this rank; -1 where it may stay. */
    final int[] bytes;

    /** By plan: device's time of a row of this rank, at scale 1. */
    final double[] deviceNanos;

    /** By plan: the same of a row that stays; infinite if one of this rank may be sent. */
    final double[] localNanos;

    Ranked(double percent, List<Behaviour> plans, int rows) {
      this.percent = percent;
      bytes = new int[plans.size()];
      deviceNanos = new double[plans.size()];
      localNanos = new double[plans.size()];
      int rank = LatencyDistribution.rank(percent, rows);
      double[] device = new double[rows];
      double[] sizes = new double[rows];
      double[] local = new double[rows];
      for (int index = 0; index < bytes.length; index++) {
        Behaviour plan = plans.get(index);
        for (int row = 0; row < rows; row++) {
          device[row] = plan.deviceNanos(row);
          local[row] = plan.sends(row) ? Double.POSITIVE_INFINITY : device[row];
          /* Of the rows, only those that stay and the smallest payloads can be quicker. */
          sizes[row] = plan.sends(row) ? plan.shipment.bytes(row) : NONE;
        }
        deviceNanos[index] = QuickSelect.select(device, rank);
        localNanos[index] = QuickSelect.select(local, rank);
        bytes[index] = (int) QuickSelect.select(sizes, rank);
      }
    }
  }
}

package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.predict.Replay.Conditions;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * What plans' mean latencies are at least where the device goes on alone after sending, and answers
 * itself if it is sooner. Queueing and slow start are left out. Immutable.
 *
 * <p>Of a plan's rows those that are sent are summed up in groups, by the exit that would stop them
 * on the device; all divided by the number of rows. Groups lie plan after plan in one array, as a
 * search reads tens of thousands of plans.
 */
final class HedgedMeans {
  /** Places of a group: its share, its bytes, the worker's time and the device's, at scale 1. */
  private static final int FIELDS = 4;

  private final double[] stayNanos;
  private final double[] sentNanos;
  private final double[] leastBytes;
  private final double[] mostBytes;
  private final double[] leastWorkerNanos;
  private final double[] mostWorkerNanos;
  private final double[] groups;

  /** By plan: where its groups begin; and where the last one's end. */
  private final int[] begin;

  HedgedMeans(List<Behaviour> plans) {
    int size = plans.size();
    stayNanos = new double[size];
    sentNanos = new double[size];
    leastBytes = new double[size];
    mostBytes = new double[size];
    leastWorkerNanos = new double[size];
    mostWorkerNanos = new double[size];
    begin = new int[size + 1];
    double[] written = new double[FIELDS * size];
    for (int i = 0; i < size; i++) {
      Behaviour plan = plans.get(i);
      stayNanos[i] = stayNanos(plan);
      sentNanos[i] = plan.costs.deviceSent;
      leastBytes[i] = plan.leastBytes;
      mostBytes[i] = plan.mostBytes;
      leastWorkerNanos[i] = plan.costs.leastWorker;
      mostWorkerNanos[i] = plan.mostWorkerNanos;
      double[] added = groups(plan);
      int end = begin[i] + added.length;
      if (end > written.length) {
        written = Arrays.copyOf(written, Math.max(end, 2 * written.length));
      }
      System.arraycopy(added, 0, written, begin[i], added.length);
      begin[i + 1] = end;
    }
    groups = Arrays.copyOf(written, begin[size]);
  }

  private static double stayNanos(Behaviour plan) {
    double sum = 0;
    for (int row = 0; row < plan.stop.length; row++) {
      sum += plan.sends(row) ? 0 : plan.deviceNanos(row);
    }
    return sum / plan.stop.length;
  }

  /** The groups of a plan that have rows. */
  private static double[] groups(Behaviour plan) {
    int rows = plan.stop.length;
    boolean known = plan.own.length > 0;
    double[] all = new double[FIELDS * (known ? plan.costs.hedge.length : 1)];
    for (int row = 0; row < rows; row++) {
      if (plan.sends(row)) {
        int at = known ? FIELDS * plan.own[row] : 0;
        all[at] += 1.0 / rows;
        all[at + 1] += (double) plan.shipment.bytes(row) / rows;
        all[at + 2] += plan.workerNanos(row) / rows;
      }
    }
    int used = 0;
    for (int at = 0; at < all.length; at += FIELDS) {
      if (all[at] > 0) {
        System.arraycopy(all, at, all, used, FIELDS);
        all[used + 3] = known ? plan.costs.hedgedNanos(at / FIELDS) : Double.POSITIVE_INFINITY;
        used += FIELDS;
      }
    }
    return Arrays.copyOf(all, used);
  }

  /** Returns the bounds, by plan. */
  IntToDoubleFunction atLeast(Conditions met) {
    double deviceScale = met.deviceScale();
    double workerScale = met.workerScale();
    double nanosPerByte = 1 / met.bytesPerNano();
    double cloudNanos = met.roundTripNanos() + met.workerWait().leastNanos();
    double limitNanos = met.hedgeLimitNanos();
    return plan -> {
      double base = sentNanos[plan] * deviceScale + cloudNanos;
      double least = base + leastBytes[plan] * nanosPerByte + leastWorkerNanos[plan] * workerScale;
      double most = base + mostBytes[plan] * nanosPerByte + mostWorkerNanos[plan] * workerScale;
      double mean = stayNanos[plan] * deviceScale;
      for (int at = begin[plan]; at < begin[plan + 1]; at += FIELDS) {
        double own = groups[at + 3] * deviceScale;
        /* A device that is later than every reply which waits for nothing is never sooner. */
        mean +=
            own > limitNanos || own >= most
                ? groups[at] * base + groups[at + 1] * nanosPerByte + groups[at + 2] * workerScale
                : groups[at] * Math.min(least, own);
      }
      return PlanFloors.ROOM * mean;
    };
  }
}
